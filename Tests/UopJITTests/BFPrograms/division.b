Divides digits: reads two and writes the quotient and the remainder
cells: dividend | divisor | what is left of it | flag | copy | quotient | ten

,[
    >,
    >>>>>++++++[-<<<<<-------->>>>>]     minus 48 from both
    ++++++[-<<<<<<-------->>>>>>]
    <<<<<[->+>>+<<<]>>>[-<<<+>>>]<<<<    what is left begins as the divisor
    [-
        >>->+<[->>+<<]>>[-<<+>[-]>]<     the flag says that nothing is left
        [->>+<<                          one more
            <<[->+>>+<<<]>>>[-<<<+>>>]<  begin again
        ]
    <<<]
    >>[-<->]                             the remainder in place of the divisor
    >>>>++++++++[-<++++++>]<.[-]         plus 48
    >++++++++[-<<<<<++++++>>>>>]<<<<<.[-]
    >>>++++++++[->++++<]>.[-]<<<<<       a space
,]
