#!/usr/bin/env bash
# install.sh DIR PYTHON: LocalStack into DIR, from package registries alone. PYTHON is 3.13, as
# LocalStack 2026.3 asks for; npm, Java 17 or newer and Maven must be on PATH.
#
# LocalStack fetches its helpers when it needs them; they are laid where it looks for them, below
# DIR/root/usr/lib/localstack, so that it fetches nothing.
set -euo pipefail
DIR=$1 PYTHON=$2
HERE=$(cd "$(dirname "$0")" && pwd)
LIBS=$DIR/root/usr/lib/localstack
DYNAMODB_VERSION=2.6.1 KINESIS_VERSION=0.5.2
mkdir -p "$LIBS/java" "$LIBS/dynamodb-local/2/DynamoDBLocal_lib" "$LIBS/kinesis-local" "$DIR/tmp"

"$PYTHON" -m venv "$DIR/venv"
"$DIR/venv/bin/pip" install -q --disable-pip-version-check uv
uv() { "$DIR/venv/bin/uv" pip install -q --python "$DIR/venv/bin/python" "$@"; }
uv -r "$HERE/requirements.lock"
# Building it leaves files beside the source.
cp -r "$HERE/plugin" "$DIR/plugin"
uv --reinstall-package millrace-node-executor "$DIR/plugin"

# It asks for Java 21; DynamoDB Local is content with 17.
ln -sfn "$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")" "$LIBS/java/21"

# What it runs for Kinesis, in the version that it asks for.
KINESIS=$LIBS/kinesis-local/$KINESIS_VERSION
mkdir -p "$KINESIS"
npm install --silent --no-audit --no-fund --prefix "$KINESIS" "kinesis-local@$KINESIS_VERSION"

# DynamoDBLocal.jar launches what Maven has; the agent stands in for one that only lifts a limit of 20 indexes.
cd "$LIBS/dynamodb-local/2"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cat >"$WORK/pom.xml" <<POM
<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>
<dependencies><dependency><groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId>
<version>$DYNAMODB_VERSION</version></dependency></dependencies></project>
POM
mvn -q -B -f "$WORK/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
  -DoutputDirectory="$PWD/DynamoDBLocal_lib"
for library in DynamoDBLocal_lib/libsqlite4java-linux-amd64-*.so; do
  cp "$library" DynamoDBLocal_lib/libsqlite4java-linux-amd64.so
done
echo 'public class NoAgent { public static void premain(String a) {} }' >"$WORK/NoAgent.java"
javac -d "$WORK" "$WORK/NoAgent.java"
printf 'Premain-Class: NoAgent\n' >"$WORK/agent"
jar cfm ddb-local-loader-0.1.jar "$WORK/agent" -C "$WORK" NoAgent.class
{
  printf 'Main-Class: com.amazonaws.services.dynamodbv2.local.main.ServerRunner\nClass-Path:'
  for jar in DynamoDBLocal_lib/*.jar; do printf ' \n  %s' "$jar"; done
  echo
} >"$WORK/manifest"
jar cfm DynamoDBLocal.jar "$WORK/manifest"
