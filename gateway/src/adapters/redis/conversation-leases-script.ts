import { redisScript } from "./script.ts";

/**
 * Two keys a conversation: the owner, `<epoch> <instance>`, which goes when the lease runs out, and the last epoch,
 * `<epoch>`, or `<epoch> free` once that lease was given up, so that a renewal on its way does not bring it back.
 */

/** Arguments: instance, milliseconds of the lease, the epoch to be above, milliseconds that the epoch is kept. */
export const ACQUIRE = redisScript(`
local held = redis.call('GET', KEYS[1])
if held then
  if string.match(held, '^%d+ (.*)$') == ARGV[1] then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    redis.call('PEXPIRE', KEYS[2], ARGV[4])
  end
  return held
end
local last = redis.call('GET', KEYS[2])
local epoch = math.max(last and tonumber(string.match(last, '^%d+')) or 0, tonumber(ARGV[3])) + 1
local taken = string.format('%d', epoch) .. ' ' .. ARGV[1]
redis.call('SET', KEYS[1], taken, 'PX', ARGV[2])
redis.call('SET', KEYS[2], string.format('%d', epoch), 'PX', ARGV[4])
return taken
`);

/** Arguments: instance, milliseconds of the lease, its epoch, milliseconds that the epoch is kept. */
export const RENEW = redisScript(`
local mine = ARGV[3] .. ' ' .. ARGV[1]
local held = redis.call('GET', KEYS[1])
if held and held ~= mine then return 0 end
if not held then
  local last = redis.call('GET', KEYS[2])
  if last and last ~= ARGV[3] then return 0 end
end
redis.call('SET', KEYS[1], mine, 'PX', ARGV[2])
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
return 1
`);

/** Arguments: instance, epoch of the lease, milliseconds that the epoch is kept. */
export const RELEASE = redisScript(`
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[2] .. ' ' .. ARGV[1] then return end
if not held and redis.call('GET', KEYS[2]) ~= ARGV[2] then return end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], ARGV[2] .. ' free', 'PX', ARGV[3])
`);
