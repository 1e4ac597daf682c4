The input backwards; then all that it ends with
Loops end elsewhere than they began

>,[>,]<[.<]
++++++++++.[-]>
[
    [.>]
    ++++++++++.[-]
    <[<]>[-]>
]
