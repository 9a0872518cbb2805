// A stanza survives the journal, however large or deep a server makes it.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { nodeFromJson, nodeToJson } from '../../../../src/services/whatsapp/convert/stanza-json.ts'

const through = (node: BinaryNode) => nodeFromJson(JSON.parse(JSON.stringify(nodeToJson(node))))

test('tags, attributes, text, bytes and children come back', () => {
  const node = {
    tag: 'notification',
    attrs: { from: '120@g.us' },
    content: [
      { tag: 'body', attrs: {}, content: Buffer.from([0, 255, 10]) },
      { tag: 'text', attrs: {}, content: 'Müsli' },
      { tag: 'locked', attrs: {} }
    ]
  }
  expect(through(node)).toEqual(node)
})

test('bytes that nobody will read are left out', () => {
  expect(through({ tag: 'x', attrs: {}, content: Buffer.alloc(100_000) })).toEqual({ tag: 'x', attrs: {} })
})

test('a stanza nested without end is cut', () => {
  let node: BinaryNode = { tag: 'x', attrs: {} }
  for (let depth = 0; depth < 50_000; depth++) node = { tag: 'x', attrs: {}, content: [node] }
  expect(JSON.stringify(nodeToJson(node)).length).toBeLessThan(1000)
})

test('attributes that are no text are left out', () => {
  const attrs: Record<string, string> = { a: '1' }
  Reflect.set(attrs, 'b', undefined)
  expect(nodeToJson({ tag: 'x', attrs })).toEqual({ tag: 'x', attrs: { a: '1' } })
})
