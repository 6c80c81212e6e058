package probe

// addTLS puts a handshake where its connection is.
func (e *Evidence) addTLS(ev Event) {
	h := Handshake{As: ev.As, To: ev.Addr, Outcome: ev.Outcome, Text: ev.Text, Took: ev.Took}
	if ev.TLS != nil {
		h.TLS = *ev.TLS
	}
	m := e.mode(ev)
	switch {
	case ev.As == AsTrial || ev.As == AsImplicit:
		e.Trials = append(e.Trials, h)
	case ev.As == AsControl:
		if s := e.Session(ev.Session); s != nil {
			s.TLS = &h
		}
	case ev.As == AsClient:
		setTLS(e.client().Dials, ev, &h)
	case m == nil:
	case ev.As == AsActive:
		for i := range m.Arrivals {
			if m.Arrivals[i].From == ev.Addr {
				m.Arrivals[i].TLS = &h
			}
		}
	default:
		setTLS(m.Dials, ev, &h)
	}
}

func setTLS(dials []Dial, ev Event, h *Handshake) {
	for i := range dials {
		if dials[i].To == ev.Addr && dials[i].As == ev.As {
			dials[i].TLS = h
		}
	}
}

// dials returns the list that an attempt in this role belongs to, or nil.
func (e *Evidence) dials(ev Event) *[]Dial {
	switch ev.As {
	case AsControl:
		if ev.Check == CheckControl {
			return &e.Control
		}
	case AsAnnounced, AsControlHost:
		if m := e.mode(ev); m != nil {
			return &m.Dials
		}
	case AsConfirm:
		return &e.Confirms
	case AsSweep:
		return &e.Swept
	case AsRandom:
		return &e.Randoms
	case AsClient:
		return &e.client().Dials
	case AsPeer:
		return &e.peer().Dials
	case AsHole:
		return &e.peer().Holes
	case AsAnswer:
		return &e.peer().Answers
	}
	return nil
}

func (e *Evidence) addDial(ev Event) {
	began := ev.At
	if ev.Kind == KindDial {
		began -= ev.Took
	}
	d := Dial{
		Check: ev.Check, Session: ev.Session, As: ev.As, To: ev.Addr, Local: ev.Local,
		Outcome: ev.Outcome, ICMP: ev.ICMP, Began: began, Took: ev.Took, Text: ev.Text, TTL: ev.TTL,
	}
	if ev.As == AsSample {
		for _, s := range e.Samples {
			if s.Session == ev.Session && s.Announced.Port() == ev.Addr.Port() && s.Dial.Outcome == "" {
				s.Dial = d
				break
			}
		}
	}
	switch list := e.dials(ev); {
	case list == nil:
	case ev.As == AsSweep: // tens of thousands, each told of once
		*list = append(*list, d)
	default:
		putDial(list, d)
	}
}

// putDial replaces the attempt that was under way by its outcome.
func putDial(list *[]Dial, d Dial) {
	for i := range *list {
		o := &(*list)[i]
		if o.Outcome == "" && o.To == d.To && o.As == d.As && o.Check == d.Check {
			*o = d
			return
		}
	}
	*list = append(*list, d)
}

func (e *Evidence) addData(ev Event) {
	m := e.mode(ev)
	if m == nil {
		return
	}
	data := &Data{Bytes: ev.Bytes, Outcome: ev.Outcome, Took: ev.Took, Sum: ev.Sum}
	if ev.As == AsActive {
		for i := range m.Arrivals {
			if m.Arrivals[i].From == ev.Addr {
				m.Arrivals[i].Data = data
			}
		}
		return
	}
	for i := range m.Dials {
		if m.Dials[i].To == ev.Addr && m.Dials[i].As == ev.As {
			m.Dials[i].Data = data
		}
	}
}
