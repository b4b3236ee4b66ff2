package redisclerk

import "github.com/redis/rueidis"

// The scripts use commands of Redis 6.0 only, touch keys of one slot, and take the time from
// Redis, so that the clocks of processes need not agree. What is kept of a topic is a sorted
// set of messages by their expiry in milliseconds: a message that is published twice is there
// once.

// maxKept is how many messages of a topic are kept; those that expire first go first.
const maxKept = "1000000"

// remember keeps messages. It is part of the scripts that do.
const remember = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function remember(key, ttl, message)
  local expiry = now + ttl
  local score = redis.call('ZSCORE', key, message)
  if not score or tonumber(score) < expiry then
    redis.call('ZADD', key, string.format('%.0f', expiry), message)
  end
  if redis.call('PTTL', key) < tonumber(ttl) then
    redis.call('PEXPIRE', key, ttl)
  end
end
local function trim(key)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now))
  redis.call('ZREMRANGEBYRANK', key, 0, -(` + maxKept + ` + 1))
end
`

var (
	// publish: the key of a topic; a time to live and a message.
	publish = rueidis.NewLuaScript(remember + `
remember(KEYS[1], ARGV[1], ARGV[2])
trim(KEYS[1])
redis.call('PUBLISH', KEYS[1], ARGV[2])
return 1`)

	// restore publishes those messages again that are not kept: the key of a topic; times to
	// live and messages in turn.
	restore = rueidis.NewLuaScript(remember + `
local restored = 0
for i = 1, #ARGV, 2 do
  if not redis.call('ZSCORE', KEYS[1], ARGV[i + 1]) then
    remember(KEYS[1], ARGV[i], ARGV[i + 1])
    redis.call('PUBLISH', KEYS[1], ARGV[i + 1])
    restored = restored + 1
  end
end
trim(KEYS[1])
return restored`)

	// page reads a part of what is kept: the key of a topic; a cursor and about how many. The
	// next cursor comes first.
	page = rueidis.NewLuaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local kept = {found[1]}
for i = 1, #found[2], 2 do
  if tonumber(found[2][i + 1]) > now then
    kept[#kept + 1] = found[2][i]
  end
end
return kept`)

	// pulse writes, so that a master that may not write is noticed, and sends a number to the
	// process that asks: the key that is written and the keys of topics; the channel, the
	// number, and for each topic the newest message that must be kept. The answer is, for each
	// topic, whether it is.
	pulse = rueidis.NewLuaScript(`
redis.call('SET', KEYS[1], ARGV[2], 'PX', 60000)
redis.call('PUBLISH', ARGV[1], ARGV[2])
local kept = {}
for i = 2, #KEYS do
  kept[i - 1] = redis.call('ZSCORE', KEYS[i], ARGV[i + 1]) and 1 or 0
end
return kept`)

	// take: the key of a budget; how much, the limit and the window.
	take = rueidis.NewLuaScript(`
local ttl = redis.call('PTTL', KEYS[1])
local fresh = ttl < 0 or ttl > tonumber(ARGV[3]) -- None, or one that Take has not made: it would never end.
local used = not fresh and tonumber(redis.call('GET', KEYS[1])) or 0
local left = tonumber(ARGV[2]) - used - tonumber(ARGV[1])
if left < 0 or tonumber(ARGV[1]) == 0 then
  return left
end
if fresh then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
else
  redis.call('INCRBY', KEYS[1], ARGV[1])
end
return left`)
)
