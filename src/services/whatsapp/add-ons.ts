// Reads opened add-ons for the conversations, which know no protobuf.
import { Layer } from 'effect'
import { AddOnReader } from '../conversations/add-on-reader.ts'
import { factsOfAddOn } from './convert/opened-add-on.ts'

export const layer = Layer.succeed(AddOnReader, AddOnReader.of({ read: factsOfAddOn }))
