export const SOCKET_PATH = '/v1/events/socket'

/** The protocol that is spoken. Others that a client names, such as one with its key, are never answered. */
export const EVENTS_PROTOCOL = 'backscroll.events'
