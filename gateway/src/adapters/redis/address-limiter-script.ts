import { redisScript } from "./script.ts";

/**
 * Judges an attempt and, where it is to, counts it. The key holds the millisecond at which all that was done will
 * have come back. Arguments: the time or nothing, attempts a minute, whether to count. Answers 0, or the seconds to
 * wait.
 */
export const ADDRESS_LIMITER_SCRIPT = redisScript(`
local MINUTE = 60000
local now, per_minute = tonumber(ARGV[1]), tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end
local spent = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) - now
local excess = spent + MINUTE / per_minute - MINUTE
-- The rest of a division is no reason to refuse.
if excess > 0.01 then return math.max(1, math.ceil(excess / 1000)) end
if ARGV[3] == '1' then
  local after = spent + MINUTE / per_minute
  redis.call('SET', KEYS[1], string.format('%.3f', now + after), 'PX', math.max(1, math.ceil(after)))
end
return 0
`);
