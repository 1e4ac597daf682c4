Three loops in each other: three lines of two times four letters

>++++++++++                    cell 1: the end of a line
>>++++++++[>++++++++++++<-]>+  cell 4: a letter
<<<<
+++[
    >>++[
        >++++[>.+<-]
    <-]
<.<-]
