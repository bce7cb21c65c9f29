import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { discover } from './discovery.ts'

const publicUrl = 'http://localhost:8080'
const at = (path: string, issuer: string = publicUrl) =>
  discover({ publicUrl, issuer, jwks: () => ({ keys: [] }) }, path)

suite('discovery', () => {
  test('serves the public keys', () => {
    assert.deepEqual(at('/.well-known/jwks.json'), { status: 200, body: { keys: [] } })
  })

  test('describes the authorization server', () => {
    const found = at('/.well-known/oauth-authorization-server')
    assert.equal(found?.status, 200)
    assert.equal(found?.body['issuer'], publicUrl)
    assert.equal(found?.body['token_endpoint'], `${publicUrl}/token`)
    assert.equal(found?.body['jwks_uri'], `${publicUrl}/.well-known/jwks.json`)
    assert.deepEqual(found?.body['token_endpoint_auth_methods_supported'], ['private_key_jwt'])
  })

  test('puts the path of an issuer behind the well-known name', () => {
    const issuer = 'https://sts.test/tenant'
    assert.equal(at('/.well-known/oauth-authorization-server/tenant', issuer)?.status, 200)
    assert.equal(at('/.well-known/oauth-authorization-server/other', issuer), null)
  })

  test('says why an issuer that is no URL has no metadata', () => {
    const found = at('/.well-known/oauth-authorization-server', 'urn:reeve:development')
    assert.equal(found?.status, 404)
    assert.match(JSON.stringify(found?.body['detail']), /not a URL/)
  })

  test('describes a protected resource and who issues tokens for it', () => {
    assert.deepEqual(at('/.well-known/oauth-protected-resource/mcp/payments'), {
      status: 200,
      body: {
        resource: `${publicUrl}/mcp/payments`,
        bearer_methods_supported: ['header'],
        authorization_details_types_supported: ['agent_tool_call'],
        authorization_servers: [publicUrl],
      },
    })
    const without = at(
      '/.well-known/oauth-protected-resource/mcp/payments',
      'urn:reeve:development',
    )
    assert.equal(without?.body['authorization_servers'], undefined)
  })

  test('answers alike for servers that exist and servers that do not', () => {
    assert.equal(at('/.well-known/oauth-protected-resource/mcp/anything')?.status, 200)
    for (const path of ['/mcp', '/mcp/', '/mcp/a/b', '/mcp/A', '/other/a', '/', '//mcp/a'])
      assert.equal(at(`/.well-known/oauth-protected-resource${path}`)?.status, 404)
  })

  test('leaves every other path alone', () => {
    for (const path of [
      '/',
      '/issue',
      '/.well-known',
      '/.well-known/jwks.json/',
      '/.well-known/openid-configuration',
    ])
      assert.equal(at(path), null)
  })
})
