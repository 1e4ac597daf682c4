A space becomes a line; an exclamation mark the end of one; the rest stays
cells: byte | copy | else | character

,[
    [->+>+<<]>>[-<<+>>]+                copy the byte; there is an else
    <--------------------------------   minus 32
    [
        -                               minus 33
        >>+<<                           another else
        [[-]>>-<<<.>]
        >>[-++++++++++.[-]]<-<
        [-]
    ]
    >[->++++++++++[-<++++++++++>]<-----.[-]]
    <<[-]
,]
