import CStencils

/// An instruction that a jump may lead to.
struct JumpTarget: BitwiseCopyable {
    var instruction: UInt32
    /// The first of the jumps that lead forward to it.
    var firstSource: UInt32
    /// The last of the jumps that lead back to it.
    var lastBack = Graph.absent
    /// Edges of the walk that lead to it, the last one first.
    var pending = Graph.absent
    /// The loop that it is the head of, an entry of `plans`.
    var loop = Graph.absent
}

/// Instructions `head...last`: what lies between a target of jumps back and the last of these.
struct LoopPlan: BitwiseCopyable {
    var head: UInt32
    /// Grows with a loop that begins inside and ends outside: then both end together.
    var last: UInt32
    /// The loop around it.
    var parent: UInt32
    /// The first instruction before the head that jumps behind it, into the loop; `absent` in regular loops.
    var enteredFrom = Graph.absent
    /// In `loopVariables`; while the loop is open, the first in `openLoopVariables`.
    var firstVariable: UInt32
    var variableCount: UInt32 = 0
    /// In the graph, once the walk is there: the head's block, the last edge to it so far, the loop.
    var block = Graph.absent
    var lastIncoming = Graph.absent
    var number = Graph.absent
}

struct VariableWrite: BitwiseCopyable {
    var instruction: UInt32
    var variable: UInt32
}

/// Before the walk: where jumps lead, which instructions are in loops, and what loops assign.
extension GraphBuilder {
    mutating func findTargets(_ region: Region) {
        let instructions = region.instructions.span
        let words = region.operands.span
        targets.removeAll()
        plans.removeAll()
        writes.removeAll()
        loopVariables.removeAll()
        openLoopVariables.removeAll()
        marks.fill(instructions.count, with: 0)
        var hasLoops = false
        for index in 0..<instructions.count {
            let instruction = instructions[index]
            let number = UInt32(truncatingIfNeeded: index)
            if instruction.isTarget {
                let mark = marks[index]
                targets.append(JumpTarget(instruction: number, firstSource: mark == 0 ? Graph.absent : mark - 1))
                marks[index] = UInt32(truncatingIfNeeded: targets.count)
            }
            let written = treatments[Int(instruction.uop)].writtenOperand
            if treatments[Int(instruction.uop)].kind == .position {
                writes.append(
                    VariableWrite(instruction: number, variable: UInt32(FrameLayout.position / FrameLayout.word)))
            }
            if written >= 0 {
                let offset = words[Int(instruction.firstOperand) + Int(written)]
                writes.append(
                    VariableWrite(
                        instruction: number, variable: UInt32(truncatingIfNeeded: Int(offset) / FrameLayout.word)))
            }
            if instruction.target != Region.absent {
                let target = Int(instruction.target)
                if target <= index {
                    targets[Int(marks[target]) - 1].lastBack = number
                    hasLoops = true
                } else if marks[target] == 0 {
                    marks[target] = number + 1
                }
            }
        }
        if hasLoops { planLoops(instructionCount: instructions.count) }
    }

    /// Goes over targets and writes in the order of the code, with a stack of open loops.
    private mutating func planLoops(instructionCount: Int) {
        openLoop = Graph.absent
        var nextWrite = 0
        for index in 0..<targets.count {
            let target = targets[index]
            guard target.lastBack != Graph.absent || target.firstSource != Graph.absent else { continue }
            planLoops(before: target.instruction, &nextWrite)
            if openLoop != Graph.absent, target.firstSource != Graph.absent {
                enter(openLoop, from: target.firstSource)
            }
            if target.lastBack != Graph.absent {
                targets[index].loop = UInt32(truncatingIfNeeded: plans.count)
                plans.append(
                    LoopPlan(
                        head: target.instruction, last: target.lastBack, parent: openLoop,
                        firstVariable: UInt32(truncatingIfNeeded: openLoopVariables.count)))
                openLoop = targets[index].loop
            }
        }
        planLoops(before: UInt32(truncatingIfNeeded: instructionCount), &nextWrite)
        while openLoop != Graph.absent { closePlan() }
    }

    /// A jump leads into a loop: if it comes from before the loop's head, the head does not see it.
    private mutating func enter(_ loop: UInt32, from source: UInt32) {
        let plan = plans[Int(loop)]
        if source < plan.head { plans[Int(loop)].enteredFrom = min(plan.enteredFrom, source) }
    }

    /// Takes the writes before an instruction, and closes loops that end there.
    private mutating func planLoops(before instruction: UInt32, _ nextWrite: inout Int) {
        while openLoop != Graph.absent, plans[Int(openLoop)].last < instruction {
            takeWrites(upTo: plans[Int(openLoop)].last + 1, &nextWrite)
            closePlan()
        }
        takeWrites(upTo: instruction, &nextWrite)
    }

    private mutating func takeWrites(upTo instruction: UInt32, _ nextWrite: inout Int) {
        while nextWrite < writes.count, writes[nextWrite].instruction < instruction {
            if openLoop != Graph.absent { openLoopVariables.append(writes[nextWrite].variable) }
            nextWrite += 1
        }
    }

    /// The innermost loop has all its variables. Those that it assigns, the loop around it assigns, too: a list
    /// costs as many steps as the lists of the loops directly inside have entries.
    private mutating func closePlan() {
        let number = Int(openLoop)
        let plan = plans[number]
        let first = Int(plan.firstVariable)
        work += openLoopVariables.count - first
        openLoop = plan.parent
        // The walk will not begin.
        guard work <= workLimit else { return }
        list += 1
        var end = first
        for index in first..<openLoopVariables.count {
            let variable = openLoopVariables[index]
            guard variables[Int(variable)].list != list else { continue }
            variables[Int(variable)].list = list
            openLoopVariables[end] = variable
            end += 1
        }
        openLoopVariables.truncate(to: end)
        plans[number].firstVariable = UInt32(truncatingIfNeeded: loopVariables.count)
        // A named value is defined before it is used, on every way. Of a loop that is entered at its head
        // only, no way leads to the head with a definition that is yet to come; unless that is a copy of one before.
        let isRegular = plan.enteredFrom == Graph.absent
        for index in first..<end where !isRegular || hasCopies || !isNamedValue(Int(openLoopVariables[index])) {
            loopVariables.append(openLoopVariables[index])
        }
        plans[number].variableCount = UInt32(truncatingIfNeeded: loopVariables.count) - plans[number].firstVariable
        guard openLoop != Graph.absent else { return openLoopVariables.removeAll() }
        plans[Int(openLoop)].last = max(plans[Int(openLoop)].last, plan.last)
        if plan.enteredFrom != Graph.absent { enter(openLoop, from: plan.enteredFrom) }
    }

    /// Takes named values off a loop's list that have no definition where it is entered: they have theirs in the loop.
    mutating func dropUnboundNames(_ loop: Int) {
        let first = Int(plans[loop].firstVariable)
        var end = first
        for index in first..<first + Int(plans[loop].variableCount) {
            let variable = loopVariables[index]
            if isNamedValue(Int(variable)), variables[Int(variable)].binding == Graph.absent { continue }
            loopVariables[end] = variable
            end += 1
        }
        plans[loop].variableCount = UInt32(truncatingIfNeeded: end - first)
    }
}
