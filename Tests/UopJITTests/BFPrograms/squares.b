The squares of the numbers up to nine in decimal: sums of odd numbers; and divisions by ten
cells: as in division up to the quotient; then nothing | odd number | square | count

>>>>>>>+>>+++++++++
[
    <<[->+<<<<+>>>]<<<[->>>+<<<]              one more odd number
    >>>>[-<<<<<<<<+>>>>+>>>>]<<<<[->>>>+<<<<] copy the square
    <<<++++++++++
    [->+>>+<<<]>>>[-<<<+>>>]<<<<
    [-
        >>->+<[->>+<<]>>[-<<+>[-]>]<
        [->>+<<<<[->+>>+<<<]>>>[-<<<+>>>]<]
    <<<]
    >>[-<->]
    >>>>++++++++[-<++++++>]<.[-]
    >++++++++[-<<<<<++++++>>>>>]<<<<<.[-]
    >++++++++++.[-]
    >>>>>++>>-
]
