import { redisScript } from "./script.ts";

/**
 * All that budgets do, atomically. Keys: reservations, their ends, then the accounts that the call names.
 *
 * - an account, a hash: tokens `used` and `held`
 * - reservations, a hash: `<tokens>` and the accounts' keys and names of each, as JSON
 * - ends, a sorted set: the millisecond at which each is held no more
 *
 * A reservation's accounts lie in the slot of the keys, since all are the same tenant's.
 *
 * Arguments: the time or nothing, an operation, then
 * - `reserve`: the reservation, its tokens, a limit for each account, then a name for each. Answers nothing, or `exhausted` and the
 *   number of the account, or `unknown` and the numbers of all such
 * - `hold`: the reservation, its tokens, milliseconds, and a name for each account
 * - `open`: what was used, and milliseconds to live
 * - `settle`: the reservation, and what was used. Answers the names of the accounts that it was held of
 */
export const BUDGETS_SCRIPT = redisScript(`
-- What is held must be known as long as the account that it is held of: a month and what follows it.
local ASKED, KNOWN = 10000, 3456000000
local reservations, ends = KEYS[1], KEYS[2]
local operation = ARGV[2]
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function let_go(name)
  local held = redis.call('HGET', reservations, name)
  if not held then return {}, {} end
  held = cjson.decode(held)
  redis.call('HDEL', reservations, name)
  redis.call('ZREM', ends, name)
  local known = {}
  for _, account in ipairs(held.accounts) do
    -- One that was forgotten meanwhile is not made again: it would look as if nothing had been used.
    if redis.call('EXISTS', account) == 1 then
      redis.call('HINCRBY', account, 'held', 0 - held.tokens)
      known[#known + 1] = account
    end
  end
  return known, held.names or {}
end

local function hold(name, tokens, accounts, names, milliseconds)
  for _, account in ipairs(accounts) do redis.call('HINCRBY', account, 'held', tokens) end
  redis.call('HSET', reservations, name, cjson.encode({ tokens = tonumber(tokens), accounts = accounts, names = names }))
  redis.call('ZADD', ends, now + milliseconds, name)
  redis.call('PEXPIRE', reservations, KNOWN)
  redis.call('PEXPIRE', ends, KNOWN)
end

if operation == 'open' then
  if redis.call('EXISTS', KEYS[3]) == 0 then
    redis.call('HSET', KEYS[3], 'used', ARGV[3], 'held', 0)
    redis.call('PEXPIRE', KEYS[3], ARGV[4])
  end
  return
end

for _, name in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now)) do let_go(name) end

if operation == 'settle' then
  local known, names = let_go(ARGV[3])
  for _, account in ipairs(known) do redis.call('HINCRBY', account, 'used', ARGV[4]) end
  return names
end

local isHeld = redis.call('HEXISTS', reservations, ARGV[3]) == 1
local accounts, names, unknown = {}, {}, {}

if operation == 'hold' then
  if isHeld then
    redis.call('ZADD', ends, 'GT', now + ARGV[5], ARGV[3])
    return
  end
  for i = 3, #KEYS do
    if redis.call('EXISTS', KEYS[i]) == 1 then
      accounts[#accounts + 1] = KEYS[i]
      names[#names + 1] = ARGV[3 + i]
    end
  end
  if #accounts > 0 then hold(ARGV[3], ARGV[4], accounts, names, tonumber(ARGV[5])) end
  return
end

if isHeld then return end
for i = 3, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 0 then unknown[#unknown + 1] = i - 3 end
  accounts[#accounts + 1] = KEYS[i]
  names[#names + 1] = ARGV[#KEYS + i]
end
if #unknown > 0 then return { 'unknown', unknown } end
for i, account in ipairs(accounts) do
  local spent = redis.call('HMGET', account, 'used', 'held')
  if tonumber(spent[1]) + tonumber(spent[2]) >= tonumber(ARGV[4 + i]) then return { 'exhausted', { i - 1 } } end
end
hold(ARGV[3], ARGV[4], accounts, names, ASKED)
`);
