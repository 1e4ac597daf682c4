package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")

local text_size, count_size = 65536, 256

local function kernel(n)
    local text, count = {}, {}
    for i = 0, text_size - 1 do text[i] = 0 end
    for i = 0, count_size - 1 do count[i] = 0 end
    local round, i, state, result = 0, 0, 1, 0
    while i < text_size do
        state = (state * 1664525 + 1013904223) % 4294967296
        text[i] = math.floor(state / 16777216)
        i = i + 1
    end
    while round < n do
        i = 0
        while i < text_size do
            count[text[i]] = count[text[i]] + 1
            i = i + 1
        end
        round = round + 1
    end
    i = 0
    while i < count_size do
        result = result + i * count[i]
        i = i + 1
    end
    return result
end

twin.run(kernel, 2)
