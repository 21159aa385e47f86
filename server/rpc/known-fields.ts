/**
 * A type without the index signatures of loose schemas, at any depth. Answers may hold fields that only an upstream
 * knows. Typed callers are only promised the known fields, with which tRPC's own types can work.
 */
export type KnownFields<T> = T extends readonly (infer Item)[]
  ? KnownFields<Item>[]
  : T extends object
    ? { [Key in keyof T as string extends Key ? never : Key]: KnownFields<T[Key]> }
    : T;
