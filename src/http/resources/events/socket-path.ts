export const SOCKET_PATH = '/v1/events/socket'
