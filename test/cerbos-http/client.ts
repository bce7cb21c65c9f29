import { HTTP } from '@cerbos/http'

/** The client that applications have, pointed at a server. */
export const cerbosClient = (url: string): HTTP => new HTTP(url)
