import { numericDate, type EpochMillis, type Seconds } from '../core/clock.ts'
import type { PersonId, TokenId } from '../core/ids.ts'
import type { Minter } from './instance-token.ts'
import { signJwt } from './sign-jwt.ts'

/**
 * Signs a person's token in `mode: development`, where no company sign-in is configured: `typ`
 * `person+jwt`, good only at our own token service. In production people's tokens come from
 * configured issuers, and nothing accepts this type.
 */
export function mintPersonToken(
  minter: Minter,
  mint: {
    readonly person: PersonId
    readonly ttlSeconds: Seconds
    readonly id: TokenId
    readonly at: EpochMillis
  },
): string {
  const iat = numericDate(mint.at)
  return signJwt(minter.key, 'person+jwt', {
    iss: minter.issuer,
    sub: mint.person,
    aud: minter.issuer,
    iat,
    exp: iat + mint.ttlSeconds,
    jti: mint.id,
  })
}
