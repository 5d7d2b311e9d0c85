import { redisScript } from "./script.ts";

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Drops what has run out, and lets the key live as long as its longest lease. */
const TIDY = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local longest = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
if longest then redis.call('PEXPIREAT', KEYS[1], string.format('%d', longest)) end
`;

/** Arguments: instance, milliseconds. */
export const REGISTER = redisScript(`${NOW}
redis.call('ZADD', KEYS[1], 'GT', now + ARGV[2], ARGV[1])
${TIDY}`);

/** Argument: instance. */
export const UNREGISTER = redisScript(`${NOW}
redis.call('ZREM', KEYS[1], ARGV[1])
${TIDY}`);

/** Answers the instances. */
export const FIND = redisScript(`${NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%d', now), '+inf')
`);
