/**
 * The language that the sample schemas are written in: one table a message gives its TypeScript type, the check of
 * JSON that claims to be one, and the protobuf descriptor. A field is `[tag, type, rule]`; without a rule it is
 * optional, as nearly everything is.
 */
export type ScalarType = 'string' | 'int32' | 'int64' | 'double' | 'bool';

export interface MessageSpec {
  readonly [field: string]: readonly [
    tag: number,
    type: ScalarType | MessageSpec,
    rule?: 'required' | 'repeated',
  ];
}

type Scalar<Type> = Type extends 'string' ? string : Type extends 'bool' ? boolean : number;
type Element<Type> = Type extends ScalarType
  ? Scalar<Type>
  : Type extends MessageSpec
    ? Message<Type>
    : never;
type Value<Field> = Field extends readonly [number, infer Type, 'repeated']
  ? Element<Type>[]
  : Field extends readonly [number, infer Type, ...unknown[]]
    ? Element<Type>
    : never;
type RequiredKeys<Spec extends MessageSpec> = {
  [Key in keyof Spec]: Spec[Key] extends readonly [number, unknown, 'required'] ? Key : never;
}[keyof Spec];

/** The object that a table describes. */
export type Message<Spec extends MessageSpec> = {
  -readonly [Key in RequiredKeys<Spec>]: Value<Spec[Key]>;
} & {
  -readonly [Key in Exclude<keyof Spec, RequiredKeys<Spec>>]?: Value<Spec[Key]>;
};
