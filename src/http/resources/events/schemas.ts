// The JSON Schemas of what is in events, for anybody: they say nothing about what is stored.
import { Effect, Layer } from 'effect'
import { HttpRouter, HttpServerResponse } from 'effect/http'
import { CATALOGUE, EVENT_KINDS, schemaPath } from '../../../domain/events/catalogue.ts'
import type { EventKind } from '../../../domain/feed.ts'
import { publishedSchema } from '../../json-schema.ts'
import { plainProblem } from '../../problems.ts'

export const SCHEMAS_PATH = '/events/schemas'

/** As published: with its address, and an example. */
export const eventDataSchema = (kind: EventKind) => {
  const { data, example, when } = CATALOGUE[kind]
  return {
    ...publishedSchema(data),
    $id: schemaPath(kind),
    title: kind,
    description: when,
    examples: [example]
  }
}

/** Every type with where its schema is. */
const index = {
  events: EVENT_KINDS.map(type => ({
    type,
    version: CATALOGUE[type].version,
    durable: CATALOGUE[type].isDurable,
    when: CATALOGUE[type].when,
    schema: schemaPath(type)
  }))
}

const json = (body: object, contentType: string) =>
  HttpServerResponse.text(JSON.stringify(body), {
    contentType,
    headers: { 'cache-control': 'public, max-age=3600' }
  })

const schema = Effect.gen(function* () {
  const { kind, version } = yield* HttpRouter.params
  const found = EVENT_KINDS.find(one => one === kind && String(CATALOGUE[one].version) === version)
  return found === undefined
    ? plainProblem('not-found', `There is no such schema; GET ${SCHEMAS_PATH} lists all`)
    : json(eventDataSchema(found), 'application/schema+json')
})

export const schemasLayer = Layer.mergeAll(
  HttpRouter.add('GET', SCHEMAS_PATH, json(index, 'application/json')),
  HttpRouter.add('GET', `${SCHEMAS_PATH}/:kind/:version`, schema)
)
