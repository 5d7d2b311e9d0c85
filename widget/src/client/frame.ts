type Loose<Frame> = Frame extends unknown ? { [Key in keyof Frame]: Frame[Key] | undefined } : never;

/** Takes fields that may be undefined for absent ones: JSON, which every frame becomes, leaves them out. */
export const asFrame = <Frame>(fields: Loose<Frame>): Frame => fields as Frame;

/** A frame's fields before it has its id; what is absent may be spelled out. */
export type WithoutId<Frame> = Frame extends unknown ? Loose<Omit<Frame, "id">> : never;
