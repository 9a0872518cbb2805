// The answers that people give to an event.
import { proto } from '@whiskeysockets/baileys'

const { EventResponseType } = proto.Message.EventResponseMessage

export const EVENT_RESPONSES = {
  going: EventResponseType.GOING,
  notGoing: EventResponseType.NOT_GOING,
  maybe: EventResponseType.MAYBE
}
export type EventResponse = keyof typeof EVENT_RESPONSES
