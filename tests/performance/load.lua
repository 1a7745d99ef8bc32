-- Random GETs over one list of paths; the result as one line of JSON.
local requests = {}

function init(args)
  local headers = { ["Accept"] = "application/json" }
  if os.getenv("LM_BENCH_TOKEN") then headers["Authorization"] = "Bearer " .. os.getenv("LM_BENCH_TOKEN") end
  for path in io.lines(args[1]) do requests[#requests + 1] = wrk.format("GET", path, headers) end
  math.randomseed(os.time())
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "failed": %d, "p50_ms": %.3f, "p95_ms": %.3f, "p99_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, e.status + e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end
