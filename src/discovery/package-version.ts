/** The version of this package, compiled in: what is bundled into a program stands beside no package.json of ours. */
export const PACKAGE_VERSION = "0.1.0"
