/// A mistake that one stage makes on purpose, so that tests can see how soon it is noticed. Only tests of this package
/// can ask for one: no option of any command leads here.
package enum PassFault: String, CaseIterable, Sendable {
    /// `BlockOrder`: where a block fell into one that comes elsewhere now, there is no jump to it.
    case orderDropsJumps
    /// `BlockOrder`: a jump that leads elsewhere is taken when it was.
    case orderKeepsConditions

    /// `LoopRotation`: the copy of a test goes on where the loop ends.
    case rotationKeepsConditions

    /// `LoopUnrolling`: a copy leaves where it should go on.
    case unrollingKeepsConditions
    /// `LoopUnrolling`: what a copy was made from is the instruction behind.
    case unrollingMistakesOrigins

    /// `PhiCleanup`: a phi is what the first way brings.
    case phisTrustTheFirstWay

    /// `CommonSubexpressions`: memory is what it was.
    case equalityIgnoresWrites
    /// `CommonSubexpressions`: where ways meet, memory is what it was where they parted.
    case equalityIgnoresOtherWays
    /// `CommonSubexpressions`: what one way has computed is there on all ways.
    case equalityIgnoresDominance
    /// `CommonSubexpressions`: an element of one buffer is that of another.
    case equalityIgnoresOperands

    /// `RedundantChecks`: what is at most something is less.
    case checksTakeAtMostForLess
    /// `RedundantChecks`: a condition says the same on both ways.
    case checksIgnoreTheWay
    /// `RedundantChecks`: no number is negative.
    case checksIgnoreSigns
    /// `RedundantChecks`: what holds before a loop holds in it.
    case checksIgnoreIterations
    /// `RedundantChecks`: a count is every buffer's.
    case checksIgnoreBuffers
    /// `RedundantChecks`: what is less than something has room for 2.
    case checksAddTwo
    /// `RedundantChecks`: the product of two numbers that have bounds fits.
    case checksIgnoreProducts

    /// `LoopInvariants`: what the loop's head changes is the same in each iteration.
    case motionIgnoresPhis
    /// `LoopInvariants`: no loop writes.
    case motionIgnoresWrites
    /// `LoopInvariants`: a check that was moved leaves as where it was.
    case motionKeepsExits

    /// `DeadCode`: exits need no variables.
    case deadCodeIgnoresVariables
    /// `DeadCode`: exits need no words of the stack.
    case deadCodeIgnoresWords
    /// `DeadCode`: nobody reads what is written.
    case deadCodeDropsWrites
    /// `DeadCode`: nobody needs checks whose values are not needed.
    case deadCodeDropsChecks

    /// `Fusion`: nobody else needs what becomes part of something.
    case fusionIgnoresUses
    /// `Fusion`: no exit sees what becomes part of something.
    case fusionIgnoresExits
    /// `Fusion`: two inputs change places.
    case fusionExchangesInputs

    /// `LiveRanges`: exits need nothing.
    case livenessIgnoresExits
    /// `RegisterAssignment`: what a jump leads to needs nothing.
    case registersIgnoreJumps
    /// `RegisterAssignment`: an output may take the register of its first input, which is still needed.
    case registersOverwriteInputs
    /// `RegisterAssignment`: what gives way is not stored.
    case registersForgetStores
    /// `RegisterAssignment`: the last move on each way is left out.
    case registersForgetMoves
    /// `RegisterAssignment`: moves happen one after the other.
    case registersMoveInOrder
    /// `RegisterAssignment`: what other ways into a block have stored, this one need not.
    case registersForgetWhatIsStored

    /// Exits: the registers are those before the last change.
    case exitsSeeOldRegisters
    /// Exits: the variable that changed last has its old value.
    case exitsForgetTheLastVariable
    /// Exits into other traces: the top of the stack stays where it is.
    case exitsForgetTheTop
}
