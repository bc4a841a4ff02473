package wardbook.phone

import java.io.File
import java.net.URI
import java.nio.file.Path
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

/** A real server of one station, in a folder of its own. */
class Server(private val folder: Path) : AutoCloseable {
    private val program: String = System.getProperty("wardbook.program")
    private val at = arrayOf("--data", folder.resolve("data").toString())
    private var serving: Process? = null

    /** The system's choice at first, and the same ever after. */
    private var listen = "127.0.0.1:0"
    val address: URI get() = URI("http://$listen")

    init {
        run("init", "--station", STATION, "--name", "Jincheng")
        // A penalty takes two officers with a certificate.
        for (officer in listOf("O0001", "O0002")) {
            run("officer", "add", "--station", STATION, "--officer", officer, "--name", officer, "--certificate", "ZF-$officer")
        }
        start()
    }

    fun start() {
        val process = process("serve", "--listen", listen).start()
        serving = process
        // Nothing outlives the tests.
        Runtime.getRuntime().addShutdownHook(Thread { process.destroyForcibly() })
        val line = CompletableFuture.supplyAsync { process.inputReader().readLine() }
        val said = line.get(PATIENCE, TimeUnit.SECONDS)
        val found = Regex("""http://([\d.]+:\d+)""").find(said.orEmpty())
        listen = checkNotNull(found) { "the server says ${said ?: log("serve")}" }.groupValues[1]
    }

    fun stop() {
        val process = serving ?: return
        serving = null
        process.destroy()
        if (!process.waitFor(PATIENCE, TimeUnit.SECONDS)) process.destroyForcibly().waitFor()
    }

    override fun close() = stop()

    /** A code with which one phone of the officer joins. */
    fun invite(officer: String): String = run("invite", "--station", STATION, "--officer", officer).lines().first()

    /** The books' side of the story: one JSON object a line. */
    fun records(): List<String> =
        run("export", "records", "--station", STATION, "--format", "jsonl").lines().filter(String::isNotBlank)

    private fun run(verb: String, vararg words: String): String {
        val out = folder.resolve("$verb.out").toFile()
        val process = process(verb, *words).redirectOutput(out).start()
        val ended = process.waitFor(PATIENCE, TimeUnit.SECONDS)
        if (!ended) process.destroyForcibly()
        check(ended && process.exitValue() == 0) { "wardbook $verb: ${log(verb)}" }
        return out.readText()
    }

    private fun process(verb: String, vararg words: String): ProcessBuilder =
        ProcessBuilder(program, verb, *words, *at).redirectError(ProcessBuilder.Redirect.appendTo(logFile(verb)))

    private fun logFile(verb: String): File = folder.resolve("$verb.log").toFile()

    private fun log(verb: String): String = logFile(verb).readText()

    companion object {
        const val STATION = "S01"
        private const val PATIENCE = 30L
    }
}
