import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'

/** How an agent proves who it is: a private key that never leaves it (RFC 7523 §2.2). */
export type AgentKey = {
  readonly agent: string
  /** A fresh client assertion for the token endpoint, good for one minute and one use. */
  readonly assertion: (audience: string) => Promise<string>
}

/** Makes a key pair for an agent and leaves the public half where `reeve.yaml` looks for it. */
export async function createAgentKey(directory: string, agent: string): Promise<AgentKey> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const keySet = { keys: [{ ...jwk, kid, alg: 'ES256', use: 'sig' }] }
  writeFileSync(join(directory, `${agent}.jwks.json`), JSON.stringify(keySet))
  return {
    agent,
    assertion: (audience) =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'ES256', kid })
        .setIssuer(agent)
        .setSubject(agent)
        .setAudience(audience)
        .setJti(crypto.randomUUID())
        .setIssuedAt()
        .setExpirationTime('60s')
        .sign(privateKey),
  }
}
