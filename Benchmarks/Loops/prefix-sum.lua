package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")

local size = 2048

local function kernel(n)
    local values, sums = {}, {}
    for i = 0, size - 1 do
        values[i] = 0
        sums[i] = 0
    end
    local round, i, state, sum, result = 0, 0, 1, 0, 0
    while i < size do
        state = (state * 1664525 + 1013904223) % 4294967296
        values[i] = math.floor(state / 65536)
        i = i + 1
    end
    while round < n do
        sum = sum % 1024
        i = 0
        while i < size do
            sum = sum + values[i]
            sums[i] = sum
            i = i + 1
        end
        result = result + sums[round % size]
        round = round + 1
    end
    return result
end

twin.run(kernel, 100)
