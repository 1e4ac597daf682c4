package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")

local size = 64
local elements = size * size

local function kernel(n)
    local left, right, product = {}, {}, {}
    for i = 0, elements - 1 do
        left[i] = 0
        right[i] = 0
        product[i] = 0
    end
    local round, i, total = 0, 0, 0
    while i < elements do
        left[i] = i % 17
        right[i] = i % 13
        i = i + 1
    end
    while round < n do
        i = 0
        while i < size do
            local j = 0
            while j < size do
                local sum, k = 0, 0
                while k < size do
                    sum = sum + left[i * size + k] * right[k * size + j]
                    k = k + 1
                end
                product[i * size + j] = sum
                j = j + 1
            end
            i = i + 1
        end
        left[round % elements] = round % 16
        total = total + product[round % elements]
        round = round + 1
    end
    return twin.bits(total)
end

twin.run(kernel, 2)
