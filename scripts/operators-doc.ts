// Writes docs/operators.md anew from the TSDoc of what users import: `npm run docs`. A test tells when it is behind.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FILE = join(ROOT, 'docs/operators.md')
const [BEGIN, END] = [
  '<!-- From the TSDoc of lib/, by `npm run docs`. -->',
  '<!-- End of what is generated. -->',
]

/** Entry files, with the name under which users import what is in them. */
const ENTRIES: Readonly<Record<string, string>> = {
  'lib/index.ts': '',
  'lib/connectors/kinesis/index.ts': 'kinesis.',
  'lib/connectors/dynamodb/index.ts': 'dynamodb.',
}

/** Chapters, by the folder of what is in them. */
const CHAPTERS: readonly (readonly [title: string, path: RegExp])[] = [
  ['Sources and sinks', /^lib\/connectors\//],
  ['Codecs', /^lib\/codecs\//],
  ['Pipelines', /^lib\/core\//],
  ['Operators', /^lib\/operators\//],
  ['Windows', /^lib\/windows\/[^/]+$/],
  ['Aggregates', /^lib\/windows\/aggregates\//],
]

/** What a comment says, in parts. */
interface Comment {
  readonly text: string
  readonly tags: readonly (readonly [tag: string, text: string])[]
}

interface Option {
  readonly name: string
  readonly required: boolean
  readonly comment: Comment
}

/** One way to call a function. */
interface Signature extends Comment {
  /** `topK(k, by)` */
  readonly call: string
  readonly options: readonly Option[]
}

/** Something public that can be called. */
export interface Documented {
  /** as users write it: `kinesis.source` */
  readonly name: string
  readonly chapter: string
  readonly signatures: readonly Signature[]
}

/** All public functions of the chapters, in the order of chapters and names. */
export function documented(): Documented[] {
  const all = Object.entries(ENTRIES).flatMap(([entry, prefix]) =>
    exportsOf(entry).flatMap(([name, path]) => {
      const [chapter] = CHAPTERS.find(([, pattern]) => pattern.test(path)) ?? []
      const signatures = chapter === undefined ? [] : signaturesOf(path, name, `${prefix}${name}`)
      return chapter === undefined || signatures.length === 0
        ? []
        : [{ name: `${prefix}${name}`, chapter, signatures }]
    }),
  )
  return CHAPTERS.flatMap(([title]) =>
    all.filter(({ chapter }) => chapter === title).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  )
}

/** The examples of a documented function, as they stand. */
export const examplesOf = ({ signatures }: Documented): string[] =>
  signatures.flatMap(({ tags }) => tags.filter(([tag]) => tag === 'example').map(([, text]) => text))

/** The whole file, with its generated part as the code has it now. */
export function operatorsDoc(): string {
  const [before = '', rest = ''] = readFileSync(FILE, 'utf8').split(BEGIN)
  const [, after = ''] = rest.split(END)
  const all = documented()
  const chapters = CHAPTERS.map(([title]) => {
    const sections = all.filter(({ chapter }) => chapter === title).map(sectionOf)
    return `## ${title}\n\n${sections.join('\n\n')}`
  })
  return `${before}${BEGIN}\n\n${chapters.join('\n\n')}\n\n${END}${after}`
}

const sectionOf = ({ name, signatures }: Documented): string =>
  [`### ${name}`, ...signatures.map(signatureText)].join('\n\n')

function signatureText({ call, text, tags, options }: Signature): string {
  const of = (wanted: string) => tags.filter(([tag]) => tag === wanted).map(([, each]) => each)
  const parameters = of('param').map((each) => each.replace(/^(\w+)\s+/, '- `$1`: '))
  return [
    `\`${call}\``,
    text,
    ...of('example').map((code) => `\`\`\`ts\n${code}\n\`\`\``),
    [...parameters, ...options.map(optionText)].join('\n'),
    ...of('throws').map((each) => `Throws: ${each}`),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function optionText({ name, required, comment }: Option): string {
  const [, standard] = comment.tags.find(([tag]) => tag === 'default') ?? []
  const state = required ? ' (required)' : standard === undefined ? '' : ` (default: ${standard})`
  return `- \`${name}\`${state}: ${comment.text}`.replaceAll('\n\n', '\n').replaceAll('\n', '\n  ')
}

/** What an entry file exports of its own project, with the file that it is in. */
function exportsOf(entry: string): [name: string, path: string][] {
  return parse(entry).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) return []
    if (statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause)) return []
    const from = statement.moduleSpecifier.getText().slice(1, -1)
    const path = join(dirname(entry), from)
    return statement.exportClause.elements.map(({ name }): [string, string] => [name.text, path])
  })
}

function signaturesOf(path: string, name: string, publicName: string): Signature[] {
  const file = parse(path)
  const declarations = file.statements.flatMap((statement) => {
    const found = callable(statement, name)
    return found === undefined ? [] : [{ found, comment: commentOf(statement, file) }]
  })
  const described = declarations.filter(({ comment }) => comment !== undefined)
  // Of overloads by length only the first is described; the implementation shows them all.
  const shown = described.length === 1 ? declarations.at(-1) : undefined
  return described.flatMap(({ found: own, comment }) => {
    const found = shown?.found ?? own
    if (comment === undefined) return []
    const optional = ({ questionToken, initializer }: ts.ParameterDeclaration) =>
      questionToken !== undefined || initializer !== undefined
    const parameters = found.parameters.map((each) => {
      const rest = each.dotDotDotToken === undefined ? '' : '…'
      const label = ts.isIdentifier(each.name) ? each.name.text : 'options'
      return `${rest}${label}${optional(each) ? '?' : ''}`
    })
    const options = found.parameters.flatMap(({ type }) => (type === undefined ? [] : optionsOf(type, file)))
    return [{ call: `${publicName}(${parameters.join(', ')})`, options, ...comment }]
  })
}

/** The function that a statement declares under that name; of `(a) => (b) => …` the outer one. */
function callable(statement: ts.Statement, name: string): ts.SignatureDeclaration | undefined {
  if (ts.isFunctionDeclaration(statement)) return statement.name?.text === name ? statement : undefined
  if (!ts.isVariableStatement(statement)) return undefined
  const [declaration] = statement.declarationList.declarations
  if (declaration?.name.getText() !== name) return undefined
  const value = declaration.initializer
  return value !== undefined && ts.isArrowFunction(value) ? value : undefined
}

/** The members of an interface of options, or of all those that a union has, each once. */
function optionsOf(type: ts.TypeNode, file: ts.SourceFile): Option[] {
  if (ts.isUnionTypeNode(type)) return byName(type.types.flatMap((each) => optionsOf(each, file)))
  if (ts.isTypeLiteralNode(type)) return membersOf(type.members, file)
  if (!ts.isTypeReferenceNode(type)) return []
  const name = type.typeName.getText(file)
  if (!name.endsWith('Options')) return []
  for (const statement of file.statements) {
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === name) {
      return optionsOf(statement.type, file)
    }
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === name) {
      const parents =
        statement.heritageClauses?.flatMap(({ types }) => types.map(({ expression }) => expression)) ?? []
      const inherited = file.statements
        .filter(ts.isInterfaceDeclaration)
        .filter((each) => parents.some((parent) => parent.getText(file) === each.name.text))
      return [
        ...inherited.flatMap(({ members }) => membersOf(members, file)),
        ...membersOf(statement.members, file),
      ]
    }
  }
  return []
}

const membersOf = (members: readonly ts.TypeElement[], file: ts.SourceFile): Option[] =>
  members.filter(ts.isPropertySignature).flatMap((member) => {
    const name = member.name.getText(file)
    const required = member.questionToken === undefined
    const comment = commentOf(member, file)
    const own = comment === undefined ? [] : [{ name, required, comment }]
    // Options of one more level: `batch.size`.
    const inner =
      member.type !== undefined && ts.isTypeLiteralNode(member.type) ? optionsOf(member.type, file) : []
    return [...own, ...inner.map((each) => ({ ...each, name: `${name}.${each.name}` }))]
  })

/** Members of one name in several interfaces: all that is said of them. */
function byName(options: readonly Option[]): Option[] {
  const all = new Map<string, Option>()
  for (const option of options) {
    const known = all.get(option.name)
    if (known === undefined) all.set(option.name, option)
    else if (!known.comment.text.includes(option.comment.text)) {
      const required = known.required && option.required
      const text = `${known.comment.text}\n${option.comment.text}`
      const tags = [...known.comment.tags, ...option.comment.tags]
      all.set(option.name, { name: option.name, required, comment: { text, tags } })
    }
  }
  return [...all.values()]
}

/** The last TSDoc comment before a node. */
function commentOf(node: ts.Node, file: ts.SourceFile): Comment | undefined {
  const ranges = ts.getLeadingCommentRanges(file.text, node.getFullStart()) ?? []
  const texts = ranges.map(({ pos, end }) => file.text.slice(pos, end))
  const comment = texts.findLast((text) => text.startsWith('/**'))
  if (comment === undefined) return undefined
  const lines = comment
    .slice(3, -2)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
  const parts = lines.join('\n').split(/(?:^|\n|(?<=\. ))(?=@(?:param|throws|default|example|returns)\b)/)
  const [text = '', ...tagged] = parts.map((part) => part.trim())
  const tags = tagged.map((part): [string, string] => {
    const [, tag = '', rest = ''] = /^@(\w+)\s*(.*)$/s.exec(part) ?? []
    return [tag, rest]
  })
  return text.startsWith('@') ? { text: '', tags: [...tags, [text.slice(1), '']] } : { text, tags }
}

const parse = (path: string): ts.SourceFile =>
  ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest, true)

if (import.meta.main) writeFileSync(FILE, operatorsDoc())
