package report

import "fmt"

// openRange are the lines that let the port range through a firewall in front
// of the server, or on it.
func openRange(r portRange) []Example {
	dash, colon := r.String(), r.colon()
	return []Example{
		{"nft", fmt.Sprintf("nft add rule inet filter input tcp dport %s accept", dash)},
		{"iptables", fmt.Sprintf("iptables -I INPUT -p tcp --dport %s -j ACCEPT", colon)},
		{"ufw", fmt.Sprintf("ufw allow %s/tcp", colon)},
		{"firewalld", fmt.Sprintf("firewall-cmd --permanent --add-port=%s/tcp && firewall-cmd --reload", dash)},
		{"Windows", fmt.Sprintf("netsh advfirewall firewall add rule name=\"FTP passive\" dir=in action=allow protocol=TCP localport=%s", dash)},
		{"AWS", fmt.Sprintf("aws ec2 authorize-security-group-ingress --group-id SG --protocol tcp --port %s --cidr CLIENTS", dash)},
		{"Azure", fmt.Sprintf("network security group: inbound, allow, TCP, destination ports %s", dash)},
		{"Google", fmt.Sprintf("gcloud compute firewall-rules create ftp-passive --allow=tcp:%s", dash)},
	}
}

// forwardRange are the lines that lead the port range on to the server. inside
// is the server's own address; "" when it is not known.
func forwardRange(r portRange, inside string) []Example {
	if inside == "" {
		inside = "SERVER"
	}
	dash, colon := r.String(), r.colon()
	return []Example{
		{"nft", fmt.Sprintf("nft add rule ip nat prerouting iifname \"wan\" tcp dport %s dnat to %s", dash, inside)},
		{"iptables", fmt.Sprintf("iptables -t nat -A PREROUTING -i wan -p tcp --dport %s -j DNAT --to %s", colon, inside)},
		{"home router", fmt.Sprintf("port forwarding: TCP %s to %s, same ports", dash, inside)},
		{"firewalld", fmt.Sprintf("firewall-cmd --permanent --add-forward-port=port=%s:proto=tcp:toaddr=%s && firewall-cmd --reload", dash, inside)},
		{"Docker", fmt.Sprintf("docker run -p 21:21 -p %s:%s ...", dash, dash)},
		{"Kubernetes", fmt.Sprintf("list every port of %s in the Service, or use hostNetwork; externalTrafficPolicy: Local", dash)},
	}
}

// openOut are the lines that let a client's network connect to the range.
func openOut(r portRange, server string) []Example {
	dash, colon := r.String(), r.colon()
	return []Example{
		{"nft", fmt.Sprintf("nft add rule inet filter forward ip daddr %s tcp dport %s accept", server, dash)},
		{"iptables", fmt.Sprintf("iptables -I FORWARD -d %s -p tcp --dport %s -j ACCEPT", server, colon)},
		{"Windows", fmt.Sprintf("netsh advfirewall firewall add rule name=\"FTP data\" dir=out action=allow protocol=TCP remoteip=%s remoteport=%s", server, dash)},
	}
}
