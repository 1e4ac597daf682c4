package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")

local size = 16

local function kernel(n)
    local coefficient = {}
    for k = 0, size - 1 do coefficient[k] = 0 end
    local place, k, state, sum = 0, 0, 1, 0
    while k < size do
        state = (state * 1664525 + 1013904223) % 4294967296
        coefficient[k] = (math.floor(state / 65536) - 32768) * 0.001
        k = k + 1
    end
    while place < n do
        local x = bit.band(place, 0xfffff) * 9.5367431640625e-7
        local value = coefficient[0]
        k = 1
        while k < size do
            value = value * x + coefficient[k]
            k = k + 1
        end
        sum = sum + value
        place = place + 1
    end
    return twin.bits(sum)
end

twin.run(kernel, 10000)
