package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")

local function kernel(n)
    local row, result = 0, 0
    while row < n do
        local c_imaginary = (row + 0.5) / n * 2.5 - 1.25
        local column = 0
        while column < n * 3 do
            local c_real = (column + 0.5) / n * 1.09375 - 2.25
            local real, imaginary, step = 0, 0, 0
            while step < 100 and real * real + imaginary * imaginary <= 4 do
                local next = real * real - imaginary * imaginary + c_real
                imaginary = 2 * real * imaginary + c_imaginary
                real = next
                step = step + 1
            end
            if step == 100 then
                result = result + 1
            end
            column = column + 1
        end
        row = row + 1
    end
    return result
end

twin.run(kernel, 20)
