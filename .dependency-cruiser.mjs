// The layers of lib/, from the ground up: a module imports only from its own layer and those before it.
export const LAYERS = [
  'core',
  'codecs',
  'time',
  'windows',
  'state',
  'operators',
  'connectors',
  'runtime',
  'local',
  'testing',
  'cli',
]

const upwards = LAYERS.slice(0, -1).map((layer, index) => ({
  name: `${layer}-imports-upwards`,
  severity: 'error',
  from: { path: `^lib/${layer}/` },
  to: { path: `^lib/(${LAYERS.slice(index + 1).join('|')})/` },
}))

export default {
  forbidden: [
    ...upwards,
    {
      name: 'outside-the-layers',
      comment: 'A folder of lib/ that is not in the list, or lib/index.ts imported from within.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^lib/', pathNot: `^lib/(${LAYERS.join('|')})/` },
    },
    {
      name: 'leaves-lib',
      severity: 'error',
      from: { path: '^lib/' },
      to: { pathNot: '^lib/|(^|/)node_modules/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'no-cycles',
      comment: 'Types may refer to each other: such an import is gone at run time.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-installed-by-users',
      comment: 'lib/ runs with dependencies only; development dependencies are not there.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'not-resolvable',
      severity: 'error',
      from: { path: '^lib/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types count: a layer must not know what stands above it.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
}
