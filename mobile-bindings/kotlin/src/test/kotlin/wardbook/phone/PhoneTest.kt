package wardbook.phone

import java.io.IOException
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import wardbook.core.Counts
import wardbook.core.Failure
import wardbook.core.Standing

/** The numbered book of cases. */
private const val CASE_REGISTER = "R3"

class PhoneTest : OnServer() {
    @Test
    fun `cases recorded without a server come back registered and one with its number`() = bounded {
        val phone = joined("O0001")
        assertEquals("O0001", phone.member().person)
        server.stop()

        val lead = phone.create("case", *lead("油烟扰民"), steps = listOf("lead")).records.single()
        val decided = phone.create("case", *onSpot("流动商贩"), steps = listOf("lead")).records.single()
        phone.step(decided, "on_spot_decided")
        val offline = assertFailsWith<IOException> { phone.sync(transport) }
        assertEquals(Counts(saved = 3u, sent = 0u, registered = 0u, held = 0u, anew = 0u), phone.status(), "$offline")
        assertEquals(listOf(Standing.SAVED, Standing.SAVED), listOf(lead, decided).map { phone.standing(it) })
        assertEquals(emptyMap(), phone.numbers(decided))

        server.start()
        val counts = phone.syncUntilJudged(transport)
        assertEquals(Counts(saved = 3u, sent = 3u, registered = 3u, held = 0u, anew = 0u), counts)
        assertEquals(listOf(Standing.REGISTERED, Standing.REGISTERED), listOf(lead, decided).map { phone.standing(it) })
        val number = phone.numbers(decided)[CASE_REGISTER].orEmpty()
        assertTrue(Regex("""\S*案〔\d{4}〕第\d{4}号""").matches(number), number)
        assertNull(phone.numbers(lead)[CASE_REGISTER])

        val exported = server.records()
        assertEquals(1, exported.count { "油烟扰民" in it }, "the lead in $exported")
        assertEquals(1, exported.count { "流动商贩" in it }, "the decided case in $exported")
        phone.close()
    }

    @Test
    fun `a store that is opened again has everything`() = bounded {
        val keys = DeviceKeys.generate()
        val first = joined("O0002", keys)
        val member = first.member()
        val sent = first.create("case", *lead("乱搭乱建"), steps = listOf("lead")).records.single()
        first.syncUntilJudged(transport)
        val waiting = first.create("case", *lead("违规停车"), steps = listOf("lead")).records.single()
        val (rows, kinds) = first.list() to first.kinds()
        first.close()

        val again = opened("O0002", keys)
        assertEquals(member, again.member())
        assertEquals(rows, again.list())
        assertEquals(setOf("乱搭乱建", "违规停车"), rows.filter { it.record in setOf(sent, waiting) }.map { it.title }.toSet())
        assertEquals(kinds, again.kinds())
        assertEquals(Counts(saved = 2u, sent = 1u, registered = 1u, held = 0u, anew = 0u), again.status())
        assertEquals(Standing.SAVED, again.standing(waiting))
        assertContains(again.show(sent), "乱搭乱建")
        assertEquals(2uL, again.syncUntilJudged(transport).registered)
        again.close()

        assertFailsWith<Failure.Store> { opened("O0002", DeviceKeys.generate()) }
    }

    @Test
    fun `what a form does not take is a typed failure and saves nothing`() = bounded {
        val phone = joined("O0003")
        val code = assertFailsWith<Failure.Input> {
            phone.create("case", "source" to "patroll", "cause" to "占道经营")
        }
        assertContains(code.detail, "did you mean patrol?")
        val kind = assertFailsWith<Failure.Input> { phone.create("cas") }
        assertContains(kind.detail, "did you mean case?")
        val empty = assertFailsWith<Failure> { phone.create("case", "cause" to "占道经营", steps = listOf("lead")) }
        assertTrue(empty is Failure.Refused, "$empty")
        val record = phone.create("case", *lead("占道经营"), steps = listOf("lead")).records.single()
        val step = assertFailsWith<Failure.Refused> { phone.step(record, "archived") }
        assertContains(step.detail, "archived")
        assertFailsWith<Failure.Input> { phone.show("no such record") }
        assertEquals(1uL, phone.status().saved)
        phone.close()
    }

    @Test
    fun `half an emoji loses its half and nothing else, and ten megabytes are refused with the limit`() = bounded {
        val phone = joined("O0010")
        val record = phone.create(
            "case",
            "source" to "patrol",
            "cause" to "占道\uD83D经营\uDE42",
            "offence_at" to "2026-05-11 09:45",
            "place" to "锦华路👩\u200D🚒",
        ).records.single()
        phone.step(record, "lead", "劝离\uD83D")
        val shown = phone.show(record)
        for (text in listOf("占道\uFFFD经营\uFFFD", "锦华路👩\u200D🚒", "劝离\uFFFD")) assertContains(shown, text)
        val saved = phone.status().saved
        val pasted = "长".repeat(10 * 1024 * 1024 / 3)
        val long = assertFailsWith<Failure.Input> { phone.edit(record, "place" to pasted) }
        assertContains(long.detail, "16 KiB")
        assertTrue(long.detail.length < 500, long.detail)
        for (word in listOf<suspend () -> Unit>({ phone.create(pasted) }, { phone.edit(pasted) }, { phone.step(record, pasted) })) {
            assertTrue(assertFailsWith<Failure> { word() }.message.orEmpty().length < 5_000)
        }
        assertEquals(saved, phone.status().saved)
        phone.close()
    }

    @Test
    fun `who has not joined or brings a wrong code is told so`() = bounded {
        val phone = opened("O0004", DeviceKeys.generate())
        assertFailsWith<Failure.NotJoined> { phone.member() }
        assertFailsWith<Failure.NotJoined> { phone.create("case", *lead("占道经营")) }
        val code = server.invite("O0004")
        for (wrong in listOf("00000-00000", code.dropLast(2) + code.takeLast(2).reversed(), code + "0")) {
            if (wrong == code) continue
            val told = assertFailsWith<Failure.Input> { phone.join(transport, wrong, "a phone") }
            assertContains(told.detail, "code")
        }
        assertEquals("O0004", phone.join(transport, code, "a phone").person)
        phone.close()
    }

    @Test
    fun `who listens hears the counts of now and of every change`() = bounded {
        val phone = joined("O0005")
        val heard = Channel<Counts>(Channel.UNLIMITED)
        val listening = launch { phone.changes.collect(heard::send) }
        assertEquals(0uL, heard.receive().saved)
        phone.create("case", *lead("占道经营"), steps = listOf("lead"))
        assertEquals(Counts(saved = 1u, sent = 0u, registered = 0u, held = 0u, anew = 0u), heard.receive())
        phone.syncUntilJudged(transport)
        var last = heard.receive()
        while (last.registered == 0uL) last = heard.receive()
        assertEquals(Counts(saved = 1u, sent = 1u, registered = 1u, held = 0u, anew = 0u), last)
        listening.cancelAndJoin()
        phone.create("case", *lead("乱搭乱建"), steps = listOf("lead"))
        assertTrue(heard.tryReceive().isFailure, "it hears no more")
        assertEquals(2uL, phone.changes.first().saved)
        phone.close()
    }

    @Test
    fun `a sync that is given up is made up for by the next`() = bounded {
        val phone = joined("O0006")
        phone.create("case", *lead("夜间施工"), steps = listOf("lead"))
        val under = CompletableDeferred<Unit>()
        val given = async {
            phone.sync {
                under.complete(Unit)
                awaitCancellation()
            }
        }
        under.await()
        given.cancelAndJoin()
        assertEquals(0uL, phone.status().sent)
        assertEquals(1uL, phone.syncUntilJudged(transport).registered)

        phone.create("case", *lead("夜市占道"), steps = listOf("lead"))
        // The network is back and takes what was sent, but not its answer.
        val http = transport
        assertFailsWith<IOException> {
            phone.sync { request ->
                http.send(request)
                throw IOException("cut")
            }
        }
        assertEquals(2uL, phone.syncUntilJudged(transport).registered)
        val exported = server.records()
        for (cause in listOf("夜间施工", "夜市占道")) assertEquals(1, exported.count { cause in it }, "$cause in $exported")
        phone.close()
    }

    @Test
    fun `a signature that nobody waited for is asked for again`() = bounded {
        val asked = Channel<Unit>(Channel.UNLIMITED)
        var ready = true
        val soft = SoftwareKey.generate()
        val late = object : SigningKey by soft {
            override suspend fun sign(content: ByteArray): ByteArray {
                if (ready) return soft.sign(content)
                asked.send(Unit)
                awaitCancellation()
            }
        }
        val phone = joined("O0007", DeviceKeys.generate().let { DeviceKeys(it.store, late, it.agree) })
        val record = phone.create("case", *lead("违章建筑"), steps = listOf("lead")).records.single()
        ready = false
        val given = async { phone.sync(transport) }
        asked.receive()
        given.cancelAndJoin()
        assertEquals(Standing.SAVED, phone.standing(record))
        ready = true
        assertEquals(1uL, phone.syncUntilJudged(transport).registered)
        phone.close()
    }

    /** What a case needs to be decided on the spot: two handlers, of whom its officer is one. */
    private fun onSpot(cause: String) = arrayOf(
        *lead(cause),
        "party" to "张三丰",
        "party_kind" to "individual_business",
        "handlers" to "O0001",
        "handlers" to "O0002",
        "procedure" to "summary",
        "facts_certain" to "true",
        "law" to "市容环境卫生管理条例第14条",
        "penalties.kind" to "warning",
        "form_no" to "纸质决定书0001号",
    )
}
