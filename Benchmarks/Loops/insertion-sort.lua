package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")

local size = 64

local function kernel(n)
    local data = {}
    for i = 0, size - 1 do data[i] = 0 end
    local round, state, result = 0, 1, 0
    while round < n do
        local i = 0
        while i < size do
            state = (state * 1664525 + 1013904223) % 4294967296
            data[i] = math.floor(state / 256)
            i = i + 1
        end
        i = 1
        while i < size do
            local element, hole = data[i], i
            while hole > 0 and data[hole - 1] > element do
                data[hole] = data[hole - 1]
                hole = hole - 1
            end
            data[hole] = element
            i = i + 1
        end
        result = result + data[round % 64]
        round = round + 1
    end
    return result
end

twin.run(kernel, 100)
