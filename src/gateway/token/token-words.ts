import type { Json } from '../../core/json.ts'

/** Names of RFC 8693 §3 and RFC 7523 §2.2 that travel in requests and replies. */
export const TOKEN_EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const CLIENT_CREDENTIALS_GRANT = 'client_credentials'
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'
export const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt'
export const ID_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:id_token'
export const JWT_BEARER_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export const UNSPECIFIED_PURPOSE = 'unspecified'

/** A purpose is an id or a short phrase on one line. */
export const PURPOSE_LENGTH_MAX = 200

export const isPurpose = (value: Json): value is string =>
  typeof value === 'string' &&
  value.length > 0 &&
  value.length <= PURPOSE_LENGTH_MAX &&
  !/\p{C}/u.test(value)
