import { redisScript } from "./script.ts";

/** An instance is a field of one hash: `<when its lease runs out> <0, or 1 while it drains>`. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Drops what has run out, and lets the key live as long as the longest lease. Arguments: instance, milliseconds,
 * draining. Answers 1 where the instance's own had not run out.
 */
export const BEAT = redisScript(`${NOW}
local before = tonumber(string.match(redis.call('HGET', KEYS[1], ARGV[1]) or '', '^%d+') or 0)
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d', now + ARGV[2]) .. ' ' .. ARGV[3])
local all = redis.call('HGETALL', KEYS[1])
local longest = 0
for i = 1, #all, 2 do
  local ends = tonumber(string.match(all[i + 1], '^%d+'))
  if ends <= now then redis.call('HDEL', KEYS[1], all[i]) end
  if ends > longest then longest = ends end
end
redis.call('PEXPIREAT', KEYS[1], string.format('%d', longest))
return before > now and 1 or 0
`);

/** Answers id and draining of each instance, in turn. */
export const ALIVE = redisScript(`${NOW}
local all = redis.call('HGETALL', KEYS[1])
local alive = {}
for i = 1, #all, 2 do
  local ends, draining = string.match(all[i + 1], '^(%d+) (%d)$')
  if tonumber(ends) > now then
    table.insert(alive, all[i])
    table.insert(alive, draining)
  end
end
return alive
`);

/** Arguments: value, milliseconds. Answers what stands. */
export const AGREE = redisScript(`
local standing = redis.call('GET', KEYS[1])
if standing and standing ~= ARGV[1] then return standing end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
`);
