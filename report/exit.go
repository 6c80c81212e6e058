package report

// Exit codes of ftpcheck. They are a contract with scripts and pipelines.
const (
	ExitPass       = 0   // no problem; warnings are allowed unless they were asked to count
	ExitFail       = 1   // a problem, or a required check that is not ok
	ExitUsage      = 2   // the command line or its input cannot be used
	ExitNoJudgment = 3   // name, control connection, greeting or TLS failed, or a password was not sent: the modes could not be judged
	ExitLogin      = 4   // the server refused the login
	ExitInterrupt  = 130 // interrupted (SIGINT); what was observed until then is reported
	ExitTerminated = 143 // terminated (SIGTERM, or SIGHUP when the terminal is gone); likewise
)

// Result is the verdict in one word.
type Result string

const (
	Pass  Result = "pass"
	Fail  Result = "fail"
	Error Result = "error" // it could not be judged: exit codes 3 and 4, or interrupted before a problem was seen
)
