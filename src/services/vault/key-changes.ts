/** Changes to keys: kind → id → new value, `null` removes. */
export type KeyChanges = Readonly<Record<string, Readonly<Record<string, Uint8Array | null>>>>
