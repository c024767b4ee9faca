import { type ArnComponents, type Stack, Token } from 'aws-cdk-lib'
import { ConfigurationError } from '#lib/core/errors'

/**
 * The ARN of an existing resource that is given by its name or its ARN.
 * @throws ConfigurationError for an ARN of another service, or of another region than the stack's: Lambda
 * reads streams of its own region only, and state is written where it is used
 */
export function arnOf(
  existing: string,
  stack: Stack,
  components: ArnComponents & { resource: string },
): string {
  if (!existing.startsWith('arn:')) return stack.formatArn({ ...components, resourceName: existing })
  const { service, resource } = components
  const [, , foundService, region, , foundResource] = existing.split(':')
  if (foundService !== service || !foundResource?.startsWith(`${resource}/`)) {
    throw new ConfigurationError(
      `'${existing}' is not the ARN of a ${service} ${resource}: expected arn:aws:${service}:REGION:ACCOUNT:${resource}/NAME`,
      { arn: existing },
    )
  }
  if (!Token.isUnresolved(stack.region) && region !== stack.region) {
    throw new ConfigurationError(
      `'${existing}' is in region '${region}' and stack '${stack.stackName}' in '${stack.region}': a function uses a ${resource} of its own region; deploy there, or name one of '${stack.region}'`,
      { arn: existing, region: stack.region },
    )
  }
  return existing
}
