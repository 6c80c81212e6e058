package ftpd

import (
	"path"
	"slices"
)

// uploads are the names and sizes of what a session has stored, so that it can
// ask for them and remove them again. There is nothing else to keep.
type uploads []File

// maxUploads bounds what a session remembers; the oldest is forgotten first.
const maxUploads = 16

func (u *uploads) add(f File) {
	u.remove(f.Name)
	if len(*u) == maxUploads {
		*u = (*u)[1:]
	}
	*u = append(*u, f)
}

// find returns the upload with a name that uploadName has given.
func (u *uploads) find(name string) (File, bool) {
	i := slices.IndexFunc(*u, func(f File) bool { return f.Name == name })
	if i < 0 {
		return File{}, false
	}
	return (*u)[i], true
}

// remove forgets an upload and reports whether it was there.
func (u *uploads) remove(name string) bool {
	before := len(*u)
	*u = slices.DeleteFunc(*u, func(f File) bool { return f.Name == name })
	return len(*u) < before
}

// uploadName is the name under which a path may be stored, or empty when it is
// in no directory that exists.
func uploadName(arg string) string {
	dir, name := path.Split(path.Clean("/" + arg))
	if dir != "/" && dir != "/incoming/" {
		return ""
	}
	return name
}

// dele removes an upload of this session. The made-up files stay.
func dele(s *session, arg string) bool {
	if s.uploads.remove(uploadName(arg)) {
		s.reply("250 Delete operation successful.")
	} else {
		s.reply("550 Delete operation failed.")
	}
	return true
}
