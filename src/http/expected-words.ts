// What a request should have had, in words: the names of our schemas say nothing to its author.
import { SchemaAST, SchemaIssue } from 'effect'

const words = (ast: SchemaAST.AST): string => {
  switch (ast._tag) {
    case 'Objects':
      return 'an object'
    case 'Arrays':
      return 'a list'
    case 'String':
      return 'a string'
    case 'Number':
      return 'a number'
    case 'Boolean':
      return 'true or false'
    case 'Null':
      return 'null'
    case 'Literal':
      return JSON.stringify(ast.literal)
    case 'Union':
      return [...new Set(ast.types.filter(type => !SchemaAST.isUndefined(type)).map(words))].join(' or ')
    case 'Suspend':
      return words(ast.thunk())
    default:
      return 'another value'
  }
}

/** `Expected null or an object`, unless the schema has a message of its own. */
const messageFor = (ast: SchemaAST.AST): string | undefined =>
  ast.annotations?.['message'] === undefined && ast.annotations?.['expected'] === undefined
    ? `Expected ${words(ast)}`
    : undefined

/** Those in an issue that say by a schema what was expected. */
const ofType = (issue: SchemaIssue.Issue): ReadonlyArray<SchemaIssue.InvalidType | SchemaIssue.AnyOf> => {
  switch (issue._tag) {
    case 'Filter':
    case 'Encoding':
    case 'Pointer':
      return ofType(issue.issue)
    case 'Composite':
      return issue.issues.flatMap(ofType)
    case 'AnyOf':
      return issue.issues.length === 0 ? [issue] : issue.issues.flatMap(ofType)
    case 'InvalidType':
      return [issue]
    default:
      return []
  }
}

/** A strict schema's "Expected no excess property" says little to the author of a request. */
const leafHook: SchemaIssue.LeafHook = issue =>
  issue._tag === 'UnexpectedKey' ? 'Unknown field' : SchemaIssue.defaultLeafHook(issue)

const standardIssuesOf = SchemaIssue.makeFormatterStandardSchemaV1({ leafHook })

/** What is wrong, with the path to it. */
export const issuesOf = (issue: SchemaIssue.Issue) => {
  const inWords = new Map(
    ofType(issue).flatMap(one => {
      const message = messageFor(one.ast)
      return message === undefined
        ? []
        : standardIssuesOf(one).issues.map(standard => [standard.message, message] as const)
    })
  )
  return standardIssuesOf(issue).issues.map(({ message, path = [] }) => ({
    path,
    message: inWords.get(message) ?? message
  }))
}
