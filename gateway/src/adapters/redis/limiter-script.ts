import { redisScript } from "./script.ts";

/**
 * All that a limiter does, atomically. Keys: limits, reservations, reservation ends, streams.
 *
 * - limits, a hash: `at`, the millisecond up to which buckets are refilled; for each bucket what is `spent`, in its
 *   period's milliseconds a token, so that a whole `limit` of those refills a millisecond
 * - reservations, a hash: `<rates spent from> <stream>` of one that is held, empty of one that has finished
 * - reservation ends, a sorted set: the millisecond at which each is forgotten
 * - streams, a hash: reservations held of each
 *
 * Arguments: the time or nothing, an operation, a reservation; `hold` then takes the stream and milliseconds; `admit`
 * the stream and the limits, where nothing is no limit, and answers nothing or which limit refuses and for how many
 * seconds. `beyond` takes milliseconds in place of a reservation, and answers those that are held for longer.
 */
export const LIMITER_SCRIPT = redisScript(`
local limits, reservations, ends, streams = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ASKED, REMEMBERED, LONGEST = 10000, 300000, 86400000
local buckets = {
  { name = 'minute', limit_name = 'messagesPerMinute', period = 60000 },
  { name = 'hour', limit_name = 'messagesPerHour', period = 3600000 },
}
local operation, reservation = ARGV[2], ARGV[3]

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end
now = math.floor(now)

local at = tonumber(redis.call('HGET', limits, 'at') or now)
-- A clock that was set back refills nothing, and what was refilled is not refilled again.
local elapsed = math.max(0, now - at)
at = at + elapsed
for _, bucket in ipairs(buckets) do
  local held = redis.call('HMGET', limits, bucket.name .. ' spent', bucket.name .. ' limit')
  bucket.limit = tonumber(held[2] or 0)
  bucket.spent = math.max(0, tonumber(held[1] or 0) - elapsed * bucket.limit)
end

local function write_buckets()
  -- A forgotten bucket is a full one: it may be forgotten once it is full.
  local life = 1000
  redis.call('HSET', limits, 'at', string.format('%.0f', at))
  for _, bucket in ipairs(buckets) do
    redis.call('HSET', limits, bucket.name .. ' spent', string.format('%.17g', bucket.spent),
      bucket.name .. ' limit', string.format('%.17g', bucket.limit))
    if bucket.spent > 0 then
      life = math.max(life, bucket.limit > 0 and bucket.spent / bucket.limit + 1000 or LONGEST)
    end
  end
  redis.call('PEXPIRE', limits, string.format('%.0f', math.min(life, LONGEST)))
end

-- Each key outlives every reservation in it.
local function lasts(name, milliseconds)
  redis.call('ZADD', ends, 'GT', at + milliseconds, name)
  for _, key in ipairs({ reservations, ends, streams }) do
    if redis.call('PTTL', key) < milliseconds then redis.call('PEXPIRE', key, milliseconds) end
  end
end

local function hold(name, spent, stream, milliseconds)
  redis.call('HSET', reservations, name, spent .. ' ' .. stream)
  redis.call('HINCRBY', streams, stream, 1)
  lasts(name, milliseconds)
end

-- Lets a reservation go, and says from which rates it was spent; nothing where it is not held.
local function let_go(name)
  local held = redis.call('HGET', reservations, name)
  if not held or held == '' then return nil end
  local spent, stream = string.match(held, '^(%d+) (.*)$')
  redis.call('HDEL', reservations, name)
  redis.call('ZREM', ends, name)
  if redis.call('HINCRBY', streams, stream, -1) <= 0 then redis.call('HDEL', streams, stream) end
  return spent
end

for _, name in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', at)) do
  if not let_go(name) then
    redis.call('HDEL', reservations, name)
    redis.call('ZREM', ends, name)
  end
end

if operation == 'beyond' then
  local names = {}
  local longer = '(' .. string.format('%.0f', at + reservation)
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', ends, longer, '+inf')) do
    if redis.call('HGET', reservations, name) ~= '' then names[#names + 1] = name end
  end
  return names
end

if operation == 'finish' then
  if let_go(reservation) then
    redis.call('HSET', reservations, reservation, '')
    lasts(reservation, REMEMBERED)
  end
  return
end

if operation == 'hold' then
  local held = redis.call('HGET', reservations, reservation)
  if not held then
    hold(reservation, '00', ARGV[4], tonumber(ARGV[5]))
  elseif held ~= '' then
    lasts(reservation, tonumber(ARGV[5]))
  end
  return
end

if operation == 'release' then
  local spent = let_go(reservation)
  if not spent then return end
  for i, bucket in ipairs(buckets) do
    if string.sub(spent, i, i) == '1' then bucket.spent = math.max(0, bucket.spent - bucket.period) end
  end
  write_buckets()
  return
end

if redis.call('HEXISTS', reservations, reservation) == 1 then return end

local stream, most_streams = ARGV[4], tonumber(ARGV[7])
local refusal, longest = nil, 0
for i, bucket in ipairs(buckets) do
  local limit = tonumber(ARGV[4 + i])
  bucket.limit = limit or 0
  bucket.spends = limit and '1' or '0'
  if not limit then
    bucket.spent = 0
  else
    local seconds = bucket.period / 1000
    if limit > 0 then
      local missing = bucket.spent + bucket.period - limit * bucket.period
      seconds = missing <= 0 and 0 or math.ceil(math.ceil(missing / limit) / 1000)
    end
    if seconds > longest then refusal, longest = bucket.limit_name, seconds end
  end
end
if not refusal and most_streams then
  local count = redis.call('HLEN', streams) + 1 - redis.call('HEXISTS', streams, stream)
  -- When a stream ends is not known, so a second is as good a time as any to try again.
  if count > most_streams then refusal, longest = 'concurrentStreams', 1 end
end
if refusal then
  if redis.call('EXISTS', limits) == 1 then write_buckets() end
  return { refusal, longest }
end

local spent = ''
for _, bucket in ipairs(buckets) do
  if bucket.spends == '1' then bucket.spent = bucket.spent + bucket.period end
  spent = spent .. bucket.spends
end
write_buckets()
hold(reservation, spent, stream, ASKED)
`);
