package wardbook.phone

import java.nio.file.Path
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import wardbook.core.Alarm
import wardbook.core.Conflict
import wardbook.core.Counts
import wardbook.core.Deed
import wardbook.core.FieldValue
import wardbook.core.Fieldbook
import wardbook.core.HeldAct
import wardbook.core.KindForm
import wardbook.core.Language
import wardbook.core.Member
import wardbook.core.Observer
import wardbook.core.RecordRow
import wardbook.core.Request
import wardbook.core.SavedAct
import wardbook.core.Standing
import wardbook.core.StepForm
import wardbook.core.Taken
import wardbook.core.TrackPoint

/**
 * One installation on a phone.
 *
 * What a function that records has returned survives anything from there on, with or without a
 * network. What does not happen is told as a [wardbook.core.Failure], and what was saved before
 * stands.
 */
class Phone private constructor(
    private val book: Fieldbook,
    private val keys: DeviceKeys,
) : AutoCloseable {
    /** One conversation with the server at a time: its requests follow from its answers. */
    private val conversation = Mutex()

    /**
     * How many acts have come how far: now, and after each change. Who is slow misses some between,
     * never the last.
     */
    val changes: Flow<Counts> =
        callbackFlow {
            val heard = object : Observer {
                override fun changed(counts: Counts) {
                    trySend(counts)
                }
            }
            // Before the first counts are read, or a change between the two would be missed.
            val handle = book.observe(heard)
            send(status())
            awaitClose { book.forget(handle) }
        }.conflate().distinctUntilChanged()

    /** Who this phone is; [wardbook.core.Failure.NotJoined] before it has joined. */
    suspend fun member(): Member = onDisk { book.member() }

    /** The forms: kinds of records with fields, codes and steps. */
    suspend fun kinds(): List<KindForm> = onDisk { book.kinds() }

    suspend fun list(): List<RecordRow> = onDisk { book.list() }

    suspend fun status(): Counts = onDisk { book.status() }

    /** How far a record has come; null of one whose changes are yet to arrive. */
    suspend fun standing(record: String): Standing? = onDisk { book.standing(record) }

    /** The register numbers of a record, by book. */
    suspend fun numbers(record: String): Map<String, String> = onDisk { book.numbers(record) }

    /** A record as exports have it: one JSON object. */
    suspend fun show(record: String): String = onDisk { book.show(record) }

    /** A text that several people write together; empty where nobody has written yet. */
    suspend fun text(record: String, field: String): String = onDisk { book.text(record, field) }

    /** The steps that can follow where a record stands. */
    suspend fun nextSteps(record: String): List<StepForm> = onDisk { book.nextSteps(record) }

    /** What in a record contradicts itself; [settle] decides between values. */
    suspend fun conflicts(record: String): List<Conflict> = onDisk { book.conflicts(record) }

    /** What was held, with the reason and what to do; [submitAgain] says it again. */
    suspend fun tray(language: Language = Language.ZH): List<HeldAct> = onDisk { book.tray(language) }

    /** All alarms there were, oldest first. One that is not cleared stops syncing. */
    suspend fun alarms(): List<Alarm> = onDisk { book.alarms() }

    /** Somebody has looked into the alarm: syncing goes on, and finds it again if it stands. */
    suspend fun clearAlarm() = onDisk { book.clearAlarm() }

    /**
     * Whether the store is a copy, or its name is used elsewhere or was ended. Opened with new
     * signing keys and the store's own, it [join]s anew and keeps what is on it.
     */
    suspend fun mustJoinAnew(): Boolean = onDisk { book.mustJoinAnew() }

    /** Makes a record and takes the first [steps] of its way, as one act. */
    suspend fun create(
        kind: String,
        vararg values: Pair<String, String>,
        steps: List<String> = emptyList(),
    ): SavedAct = record(Deed.Create(kind, null, values.asFields(), steps))

    /** Changes a record; a submitted one takes a [reason]. */
    suspend fun edit(
        record: String,
        vararg values: Pair<String, String>,
        reason: String? = null,
    ): SavedAct = record(Deed.Edit(record, values.asFields(), reason))

    suspend fun step(record: String, to: String, note: String? = null): SavedAct =
        record(Deed.Step(record, to, note))

    /** Decides between the values of a conflict. */
    suspend fun settle(record: String, place: String, value: String): SavedAct =
        onDisk { book.settle(record, place, value.whole()) }

    /** Adds points to the way of a record, as one act; by default to its kind's first track. */
    suspend fun addPoints(record: String, vararg points: TrackPoint, field: String? = null): SavedAct =
        onDisk { book.addPoints(record, field, points.asList()) }

    /** Writes [text] into a text that several people write together, [at] a place or at its end. */
    suspend fun insert(record: String, field: String, text: String, at: Int? = null): SavedAct =
        onDisk { book.splice(record, field, at?.toUInt(), 0u, text.whole()) }

    /** Takes [length] characters away from such a text. */
    suspend fun remove(record: String, field: String, at: Int, length: Int): SavedAct =
        onDisk { book.splice(record, field, at.toUInt(), length.toUInt(), "") }

    /** Submits a held act again, as a new act that names the old one. */
    suspend fun submitAgain(held: HeldAct): SavedAct = onDisk { book.submitAgain(held.n) }

    /** Everything this phone holds, for another phone's [take]: over whatever the platform has. */
    suspend fun give(): ByteArray = withContext(Dispatchers.IO) { book.give() }

    suspend fun give(file: Path) = withContext(Dispatchers.IO) { book.giveFile(file.toString()) }

    /** Takes what another phone of the station has given. Taking it twice is no harm. */
    suspend fun take(given: ByteArray): Taken = onDisk { book.take(given) }

    suspend fun take(file: Path): Taken = onDisk { book.takeFile(file.toString()) }

    /**
     * A record that this phone has only heard of, as the server shows it: one JSON object. Nothing
     * of it is kept; it comes for good with a [sync].
     */
    suspend fun fetch(transport: Transport, record: String): String {
        conversation.withLock {
            book.fetch(record)
            converse(transport)
        }
        return checkNotNull(onDisk { book.fetched(record) }) { "no answer for $record" }
    }

    /** Several things as one act. */
    suspend fun record(vararg deeds: Deed): SavedAct = onDisk { book.record(deeds.map { it.whole() }) }

    /** Enrols this phone with a code from the chief. */
    suspend fun join(transport: Transport, code: String, name: String, station: String? = null): Member {
        conversation.withLock {
            book.join(code.whole(), station, name.whole(), keys.sign.publicKey, keys.agree.publicKey)
            converse(transport)
        }
        return member()
    }

    /** Sends what waits and fetches what is new, until neither is left. */
    suspend fun sync(transport: Transport): Counts {
        conversation.withLock {
            book.refresh()
            converse(transport)
        }
        return status()
    }

    /** Syncs until the server has judged all that was recorded here, asking again after [pause]. */
    suspend fun syncUntilJudged(transport: Transport, pause: Duration = 250.milliseconds): Counts {
        while (true) {
            val counts = sync(transport)
            if (counts.registered + counts.held >= counts.saved) return counts
            delay(pause)
        }
    }

    /** Closes the store, so that the app can be suspended. */
    fun pause() = book.pause()

    suspend fun resume() = onDisk { book.resume() }

    /** For good; what was saved is there when the store is opened again. */
    override fun close() {
        book.pause()
        book.close()
    }

    private suspend fun converse(transport: Transport) {
        while (true) {
            // It is made and signed first, which may take long and may be cancelled; a request that
            // is taken is one that is answered for.
            book.nextRequests(0u)
            val requests = withContext(NonCancellable) { book.nextRequests(1u) }
            val request = requests.firstOrNull() ?: return
            val answer = sent(transport, request)
            book.complete(request.id, answer.status.toUShort(), answer.body)
        }
    }

    private suspend fun sent(transport: Transport, request: Request): Answer {
        var answer: Answer? = null
        try {
            return transport.send(request).also { answer = it }
        } finally {
            if (answer == null) book.fail(request.id, retryable = true)
        }
    }

    companion object {
        /**
         * Opens the store in the folder [dir]; an empty one is made. [incarnation] is a folder that
         * no backup restores, so that a store that was copied is known as a copy.
         */
        suspend fun open(dir: Path, incarnation: Path, keys: DeviceKeys): Phone {
            val book = onDisk {
                Fieldbook.open(dir.toString(), incarnation.toString(), keys.store, keys.sign)
            }
            return Phone(book, keys)
        }

        private suspend fun <T> onDisk(work: () -> T): T = withContext(Dispatchers.IO) { work() }

        private fun Array<out Pair<String, String>>.asFields(): List<FieldValue> =
            map { (place, value) -> FieldValue(place, value) }

        private fun Deed.whole(): Deed =
            when (this) {
                is Deed.Create -> copy(externalId = externalId?.whole(), values = values.map { it.whole() })
                is Deed.Edit -> copy(values = values.map { it.whole() }, reason = reason?.whole())
                is Deed.Settle -> copy(value = value.whole())
                is Deed.Step -> copy(note = note?.whole())
            }

        private fun FieldValue.whole() = FieldValue(place.whole(), value.whole())

        /**
         * The text with `\uFFFD` for each half of a letter, such as an emoji that an input field has
         * cut: no other platform has half letters, and the rest of the text is worth keeping.
         */
        private fun String.whole(): String {
            if (none { it.isSurrogate() }) return this
            val whole = StringBuilder(length)
            var at = 0
            while (at < length) {
                val letter = this[at]
                when {
                    !letter.isSurrogate() -> whole.append(letter)
                    letter.isHighSurrogate() && getOrNull(at + 1)?.isLowSurrogate() == true -> {
                        whole.append(letter).append(this[++at])
                    }
                    else -> whole.append('\uFFFD')
                }
                at++
            }
            return whole.toString()
        }
    }
}
