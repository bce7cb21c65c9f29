import type { TreeFile } from './read-tree.ts'

export type Manifest = {
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly engines?: { readonly node: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export const manifestOf = ({ text }: TreeFile): Manifest => JSON.parse(text) as Manifest

/** The source files behind the package's `exports`: `./dist/a/b.js` is built from `src/a/b.ts`. */
export const entriesOf = (manifest: Manifest): readonly string[] =>
  Object.values(manifest.exports ?? {})
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .map((target) =>
      target.replace(/^\.\/dist\/(.*?)(?:\.d)?\.[jt]s$/, 'src/$1.ts').replace(/^\.\//, ''),
    )

/** What the package promises is there. */
export function checkEntries(manifest: Manifest, paths: ReadonlySet<string>): readonly string[] {
  const programs = Object.values(manifest.bin ?? {}).map((path) => path.replace(/^\.\//, ''))
  return [...entriesOf(manifest), ...programs]
    .filter((path) => !paths.has(path))
    .map((path) => `package.json: \`${path}\` does not exist`)
}

const EXACT = /^(?:npm:(?:@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$|^file:\.\.?\//

/** A version that is not exact is another program tomorrow. */
export const checkVersions = (path: string, manifest: Manifest): readonly string[] =>
  [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies]
    .flatMap((group) => Object.entries(group ?? {}))
    .filter(([, version]) => !EXACT.test(version))
    .map(
      ([name, version]) =>
        `${path}: \`${name}\` has the version \`${version}\`, which is not exact`,
    )

/** `bin/reeve` trusts the Node that the packages bring, so these may not be older than `engines`. */
export function checkVendoredNode(manifest: Manifest): readonly string[] {
  const [major = 0, minor = 0] = numbersOf(manifest.engines?.node)
  return Object.entries(manifest.optionalDependencies ?? {})
    .filter(([name]) => name.startsWith('node-'))
    .filter(([, version]) => {
      const [ownMajor = 0, ownMinor = 0] = numbersOf(version)
      return ownMajor < major || (ownMajor === major && ownMinor < minor)
    })
    .map(([name, version]) => `package.json: \`${name}\` ${version} is older than engines.node`)
}

const numbersOf = (version = ''): readonly number[] =>
  version.replace(/^\D+/, '').split('.').map(Number)

/** A changelog says what the next version will bring. */
export const checkChangelog = ({ path, text }: TreeFile): readonly string[] =>
  /^## \[?Unreleased\]?/m.test(text) ? [] : [`${path}: no section "Unreleased"`]
