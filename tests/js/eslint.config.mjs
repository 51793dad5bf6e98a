// The rules of graphql-eslint for schemas: the recommended ones, and those of Relay.
import graphql from '@graphql-eslint/eslint-plugin';

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: process.env.SCHEMA } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      // Pages go forwards only, which Relay's specification (section 4) lets a server choose.
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
      // Some pages are of values, such as lines of a record: what has no identity is no Node. Lists
      // that come whole, such as the levels of a tree, wrap no edges.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
      '@graphql-eslint/strict-id-in-types': 'off',
      // The number of a clause is called clause wherever one is cited.
      '@graphql-eslint/no-typename-prefix': 'off',
    },
  },
];
