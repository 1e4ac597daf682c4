package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")

local size = 1024

local function kernel(n)
    local x, y = {}, {}
    for i = 0, size - 1 do
        x[i] = 0
        y[i] = 0
    end
    local round, i, state, sum, total = 0, 0, 1, 0, 0
    while i < size do
        state = (state * 1664525 + 1013904223) % 4294967296
        x[i] = math.floor(state / 65536) * 0.001
        state = (state * 1664525 + 1013904223) % 4294967296
        y[i] = (math.floor(state / 65536) - 32768) * 0.001
        i = i + 1
    end
    while round < n do
        sum = sum * 0.5
        i = 0
        while i < size do
            sum = sum + x[i] * y[i]
            i = i + 1
        end
        total = total + sum
        round = round + 1
    end
    return twin.bits(total)
end

twin.run(kernel, 100)
