package wardbook.phone

import kotlin.io.path.createDirectories
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import wardbook.core.Conflict
import wardbook.core.Failure
import wardbook.core.Language
import wardbook.core.Standing
import wardbook.core.TrackPoint

/** What officers do besides filling in forms. */
class WorkTest : OnServer() {
    @Test
    fun `a held act lies in the tray with what to do and is submitted again`() = bounded {
        val phone = joined("O0101", role = "squad_leader")
        val case = phone.create("case", *lead("渣土遗撒"), steps = listOf("lead")).records.single()
        phone.syncUntilJudged(transport)
        phone.edit(case, "level" to "station")
        server.change("O0101", "stationed_officer")
        val counts = phone.syncUntilJudged(transport)
        assertEquals(1uL to 1uL, counts.registered to counts.held)
        val held = phone.tray(Language.EN).single()
        assertEquals("forbidden" to listOf(case), held.code to held.records)
        assertTrue(held.why.isNotBlank() && held.why != phone.tray(Language.ZH).single().why)
        assertEquals(Standing.REGISTERED, phone.standing(case))
        server.change("O0101", "squad_leader")
        phone.sync(transport)
        phone.submitAgain(held)
        assertEquals(emptyList(), phone.tray())
        assertEquals(2uL, phone.sync(transport).registered)
        assertContains(phone.show(case), "\"level\":\"l0_station\"")
        val gone = assertFailsWith<Failure.Refused> { phone.submitAgain(held) }
        assertContains(gone.detail, "tray")
        phone.close()
    }

    @Test
    fun `a patrol gets its way and its steps`() = bounded {
        val phone = joined("O0102")
        val patrol = phone.create(
            "patrol", "officers" to "O0102", "route" to "东街", "started_at" to "2026-05-11 09:00",
            "ended_at" to "2026-05-11 10:00",
        ).records.single()
        assertContains(phone.nextSteps(patrol).map { it.to }, "started")
        phone.step(patrol, "started")
        assertEquals(listOf("ended"), phone.nextSteps(patrol).map { it.to })
        phone.addPoints(patrol, TrackPoint(0, 23.9232, 108.9437, 5.0), TrackPoint(60, 23.9241, 108.9442, 8.0))
        assertContains(phone.show(patrol), "[60,23.9241,108.9442,8]")
        val off = assertFailsWith<Failure.Input> { phone.addPoints(patrol, TrackPoint(0, 123.0, 0.0, 1.0)) }
        assertContains(off.detail, "earth")
        assertFailsWith<Failure.Input> { phone.addPoints(patrol) }
        assertEquals(3uL, phone.syncUntilJudged(transport).registered)
        phone.close()
    }

    @Test
    fun `two phones disagree, see it, and one settles`() = bounded {
        val (one, two) = joined("O0103") to joined("O0104")
        val case = one.create(
            "case", *lead("乱堆物料"), "handlers" to "O0103", "handlers" to "O0104", steps = listOf("lead"),
        ).records.single()
        one.syncUntilJudged(transport)
        two.sync(transport)
        one.edit(case, "place" to "东街口")
        two.edit(case, "place" to "西街口")
        one.syncUntilJudged(transport)
        two.syncUntilJudged(transport)
        val conflict = two.conflicts(case).single() as Conflict.Values
        assertEquals("place" to setOf("东街口", "西街口"), conflict.place to conflict.values.map { it.value }.toSet())
        assertTrue(conflict.values.all { "O010" in it.by }, "${conflict.values}")
        assertFailsWith<Failure.Refused> { two.edit(case, "place" to "中街口") }
        two.settle(case, conflict.place, "东街口")
        two.syncUntilJudged(transport)
        one.sync(transport)
        assertEquals(emptyList(), one.conflicts(case))
        assertContains(one.show(case), "东街口")
        one.close()
        two.close()
    }

    @Test
    fun `what one phone gives another carries to the server`() = bounded {
        val (giver, taker) = joined("O0105") to joined("O0106")
        val first = giver.create("case", *lead("张贴广告"), steps = listOf("lead")).records.single()
        taker.sync(transport)
        assertTrue(taker.take(giver.give()).stored > 0u)
        assertEquals(Standing.SAVED, taker.standing(first))
        val second = giver.create("case", *lead("占用绿地"), steps = listOf("lead")).records.single()
        val file = folder.resolve("package")
        giver.give(file)
        taker.take(file)
        assertEquals(0uL, taker.take(file).stored, "twice is no harm")
        assertFailsWith<Failure.Refused> { taker.take("nothing".toByteArray()) }
        taker.syncUntilJudged(transport)
        assertEquals(2uL, giver.syncUntilJudged(transport).registered)
        for (case in listOf(first, second)) assertEquals(Standing.REGISTERED, giver.standing(case))
        giver.close()
        taker.close()
    }

    @Test
    fun `a record that was only heard of is fetched and not kept`() = bounded {
        val (author, other) = joined("O0107") to joined("O0108")
        val case = author.create("case", *lead("犬只扰民"), steps = listOf("lead")).records.single()
        author.syncUntilJudged(transport)
        assertFailsWith<Failure.Input> { other.show(case) }
        assertContains(other.fetch(transport, case), "犬只扰民")
        assertFailsWith<Failure.Input> { other.show(case) }
        assertFailsWith<Failure.Server> { other.fetch(transport, "0".repeat(32)) }
        assertFailsWith<Failure.Input> { other.fetch(transport, "nothing") }
        other.sync(transport)
        assertContains(other.show(case), "犬只扰民")
        author.close()
        other.close()
    }

    @Test
    fun `a copied store joins anew and what was not sent is in the books once`() = bounded {
        val keys = DeviceKeys.generate()
        val phone = joined("O0109", keys)
        phone.create("case", *lead("已送达"), steps = listOf("lead"))
        phone.syncUntilJudged(transport)
        phone.create("case", *lead("未送达"), steps = listOf("lead"))
        val old = phone.member().device
        phone.close()
        val copy = folder.resolve("O0109-copy")
        folder.resolve("O0109").toFile().copyRecursively(copy.toFile())
        // The folder that no backup restores is another's.
        val elsewhere = folder.resolve("elsewhere").createDirectories()
        val anew = DeviceKeys.generate().let { DeviceKeys(keys.store, it.sign, it.agree) }
        val restored = Phone.open(copy.resolve("store"), elsewhere, anew)
        assertTrue(restored.mustJoinAnew())
        assertFailsWith<Failure.MustJoinAnew> { restored.create("case", *lead("不成"), steps = listOf("lead")) }
        restored.join(transport, server.invite("O0109"), "restored")
        assertFalse(restored.mustJoinAnew())
        assertTrue(restored.member().device != old)
        val counts = restored.syncUntilJudged(transport)
        assertEquals(listOf(2uL, 2uL, 0uL), listOf(counts.saved, counts.registered, counts.anew))
        val exported = server.records()
        for (cause in listOf("已送达", "未送达")) assertEquals(1, exported.count { cause in it }, cause)

        // The original hears that its name has ended, and keeps what it has.
        val original = opened("O0109", keys)
        assertFailsWith<Failure> { repeat(2) { original.sync(transport) } }
        assertTrue(original.mustJoinAnew())
        assertEquals(2, original.list().count { it.title in setOf("已送达", "未送达") })
        restored.close()
        original.close()
    }

    @Test
    fun `who has no alarm has none to clear`() = bounded {
        val phone = joined("O0110")
        phone.sync(transport)
        assertEquals(emptyList(), phone.alarms())
        assertContains(assertFailsWith<Failure.Refused> { phone.clearAlarm() }.detail, "no alarm")
        phone.close()
    }

    @Test
    fun `two copies under one name raise an alarm that joining anew settles`() = bounded {
        val keys = DeviceKeys.generate()
        val one = joined("O0111", keys)
        one.close()
        val (store, incarnation) = listOf("store", "incarnation").map { folder.resolve("O0111").resolve(it) }
        val copied = listOf(store, incarnation).map { from ->
            folder.resolve("twin").createDirectories().resolve(from.fileName).also { from.toFile().copyRecursively(it.toFile()) }
        }
        val again = opened("O0111", keys)
        val twin = Phone.open(copied[0], copied[1], keys)
        again.create("case", *lead("甲机"), steps = listOf("lead"))
        twin.create("case", *lead("乙机"), steps = listOf("lead"))
        again.syncUntilJudged(transport)
        assertFailsWith<Failure.MustJoinAnew> { twin.sync(transport) }
        assertEquals(null, twin.alarms().single().cleared)
        // Cleared without being settled, it is raised again.
        twin.clearAlarm()
        assertFailsWith<Failure.MustJoinAnew> { twin.sync(transport) }
        twin.close()
        val anew = DeviceKeys.generate().let { DeviceKeys(keys.store, it.sign, it.agree) }
        val settled = Phone.open(copied[0], copied[1], anew)
        settled.join(transport, server.invite("O0111"), "twin")
        settled.syncUntilJudged(transport)
        assertTrue(settled.alarms().all { it.cleared != null })
        assertEquals(setOf("甲机", "乙机"), settled.list().map { it.title }.filter { it.endsWith("机") }.toSet())
        again.close()
        settled.close()
    }
}

/** With the forms of a station that keeps minutes. */
class MinutesTest : OnServer(catalogue = System.getProperty("wardbook.minutes")) {
    @Test
    fun `two phones write into one text and read the same`() = bounded {
        val (one, two) = joined("O0121", role = "stationed_officer") to joined("O0122", role = "stationed_officer")
        val meeting = one.create("meeting", "title" to "周例会", "heldAt" to "2026-05-11 15:00").records.single()
        one.insert(meeting, "text", "会议开始。")
        one.syncUntilJudged(transport)
        two.sync(transport)
        one.insert(meeting, "text", "准时", at = 2)
        two.insert(meeting, "text", "散会。")
        two.remove(meeting, "text", at = 4, length = 1)
        one.syncUntilJudged(transport)
        two.syncUntilJudged(transport)
        one.sync(transport)
        assertEquals("会议准时开始散会。", one.text(meeting, "text"))
        assertEquals(one.text(meeting, "text"), two.text(meeting, "text"))
        assertFailsWith<Failure.Refused> { one.remove(meeting, "text", at = 400, length = 1) }
        assertFailsWith<Failure.Input> { one.text(meeting, "title") }
        one.close()
        two.close()
    }
}
