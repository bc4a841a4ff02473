package wardbook.phone

import java.nio.file.Path
import kotlin.io.path.createDirectories
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.io.TempDir

/** Phones of one station's officers, and its real server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OnServer(private val catalogue: String? = null) {
    protected lateinit var folder: Path
    protected lateinit var server: Server
    protected val transport get() = HttpTransport(server.address)

    @BeforeAll
    fun serve(@TempDir folder: Path) {
        this.folder = folder
        server = Server(folder.resolve("server").createDirectories(), catalogue)
    }

    @AfterAll
    fun end() = server.stop()

    protected suspend fun joined(
        officer: String,
        keys: DeviceKeys = DeviceKeys.generate(),
        role: String? = null,
    ): Phone {
        val phone = opened(officer, keys)
        phone.join(transport, server.invite(officer, role), "phone of $officer")
        return phone
    }

    protected suspend fun opened(officer: String, keys: DeviceKeys): Phone {
        val (store, incarnation) = listOf("store", "incarnation").map { folder.resolve(officer).resolve(it) }
        return Phone.open(store.createDirectories(), incarnation.createDirectories(), keys)
    }

    protected fun lead(cause: String) = arrayOf(
        "source" to "patrol",
        "cause" to cause,
        "offence_at" to "2026-05-11 09:45",
        "place" to "锦华路",
    )

    /** Whatever hangs fails the test instead of holding up the run. */
    protected fun bounded(test: suspend CoroutineScope.() -> Unit) = runBlocking { withTimeout(60.seconds, test) }
}
