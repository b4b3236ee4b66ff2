package store

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Instance is everything that an instance keeps. Make it with [New].
type Instance struct {
	// ID of the instance: ins_….
	ID string
	// FrontendAPI is the host that the publishable key names.
	FrontendAPI string
	// URL is where the instance listens; it is set when it does.
	URL string
	// Production says what kind of instance it is.
	Production bool
	// Notify, if not nil, gets each event as it happens, with the lock held.
	Notify func(Event)

	// SignM2M makes the JWT of a machine's token.
	SignM2M func(*Credential) string

	// RedirectsTo reports whether the instance sends browsers to an address.
	RedirectsTo func(url string) bool

	Users                Of[User]
	Clients              Of[Client]
	Sessions             Of[Session]
	SignIns              Of[SignIn]
	SignUps              Of[SignUp]
	EmailAddresses       Of[EmailAddress]
	PhoneNumbers         Of[PhoneNumber]
	ExternalAccounts     Of[ExternalAccount]
	Organizations        Of[Organization]
	Memberships          Of[Membership]
	Permissions          Of[Permission]
	Roles                Of[Role]
	Templates            Of[Template]
	AllowlistIdentifiers Of[AllowlistIdentifier]
	BlocklistIdentifiers Of[BlocklistIdentifier]
	RedirectURLs         Of[RedirectURL]
	Domains              Of[Domain]

	Invitations             Of[Invitation]
	OrganizationInvitations Of[OrganizationInvitation]
	OrganizationDomains     Of[OrganizationDomain]
	MembershipRequests      Of[MembershipRequest]
	WaitlistEntries         Of[WaitlistEntry]
	SignInTokens            Of[Ticket]
	ActorTokens             Of[Ticket]
	AgentTasks              Of[Ticket]
	Machines                Of[Machine]
	APIKeys                 Of[Credential]
	M2MTokens               Of[Credential]
	OAuthTokens             Of[Credential]
	OAuthApplications       Of[OAuthApplication]
	RoleSets                Of[RoleSet]
	EnterpriseConnections   Of[EnterpriseConnection]
	SAMLConnections         Of[SAMLConnection]
	Emails                  Of[Email]
	Images                  Of[Image]
	Settings                Of[Settings] // One row, as of the next two.
	Restrictions            Of[Restrictions]
	OrganizationSettings    Of[OrganizationSettings]
	Webhooks                Of[Webhook]
	Authentication          Of[Authentication]

	clock    func() time.Time
	secret   [32]byte // keys the hashes of passwords
	counters map[string]int
	outbox   []Message // oldest first
}

// Event is a change that webhooks hear of.
type Event struct {
	Type string // For example role.created.
	At   time.Time
	Data wire.Doc // The resource as the Backend API shows it, or what is left of it.
}

// New makes an instance with what every new one has: the system's permissions and
// the roles of administrators and members.
func New(id, frontendAPI string, clock func() time.Time) *Instance {
	in := &Instance{ID: id, FrontendAPI: frontendAPI, clock: clock, counters: map[string]int{}}
	_, _ = rand.Read(in.secret[:]) // Never fails: crypto/rand ends the process instead.
	in.Users = Of[User]{newTable(in, users)}
	in.Clients = Of[Client]{newTable(in, clients)}
	in.Sessions = Of[Session]{newTable(in, sessions)}
	in.SignIns = Of[SignIn]{newTable(in, signIns)}
	in.SignUps = Of[SignUp]{newTable(in, signUps)}
	in.EmailAddresses = Of[EmailAddress]{newTable(in, emailAddresses)}
	in.PhoneNumbers = Of[PhoneNumber]{newTable(in, phoneNumbers)}
	in.ExternalAccounts = Of[ExternalAccount]{newTable(in, externalAccounts)}
	in.Organizations = Of[Organization]{newTable(in, organizations)}
	in.Memberships = Of[Membership]{newTable(in, memberships)}
	in.Permissions = Of[Permission]{newTable(in, permissions)}
	in.Roles = Of[Role]{newTable(in, roles)}
	in.Templates = Of[Template]{newTable(in, templates)}
	in.AllowlistIdentifiers = Of[AllowlistIdentifier]{newTable(in, allowlist)}
	in.BlocklistIdentifiers = Of[BlocklistIdentifier]{newTable(in, blocklist)}
	in.RedirectURLs = Of[RedirectURL]{newTable(in, redirectURLs)}
	in.Domains = Of[Domain]{newTable(in, domains)}
	in.Invitations = Of[Invitation]{newTable(in, invitations)}
	in.OrganizationInvitations = Of[OrganizationInvitation]{newTable(in, organizationInvitations)}
	in.OrganizationDomains = Of[OrganizationDomain]{newTable(in, organizationDomains)}
	in.MembershipRequests = Of[MembershipRequest]{newTable(in, membershipRequests)}
	in.WaitlistEntries = Of[WaitlistEntry]{newTable(in, waitlist)}
	in.SignInTokens = Of[Ticket]{newTable(in, signInTokens)}
	in.ActorTokens = Of[Ticket]{newTable(in, actorTokens)}
	in.AgentTasks = Of[Ticket]{newTable(in, agentTasks)}
	in.Machines = Of[Machine]{newTable(in, machines)}
	in.APIKeys = Of[Credential]{newTable(in, apiKeys)}
	in.M2MTokens = Of[Credential]{newTable(in, m2mTokens)}
	in.OAuthTokens = Of[Credential]{newTable(in, oauthTokens)}
	in.OAuthApplications = Of[OAuthApplication]{newTable(in, oauthApplications)}
	in.RoleSets = Of[RoleSet]{newTable(in, roleSets)}
	in.EnterpriseConnections = Of[EnterpriseConnection]{newTable(in, enterpriseConnections)}
	in.SAMLConnections = Of[SAMLConnection]{newTable(in, samlConnections)}
	in.Emails = Of[Email]{newTable(in, emails)}
	in.Images = Of[Image]{newTable(in, images)}
	in.Settings = Of[Settings]{newTable(in, instanceSettings)}
	in.Restrictions = Of[Restrictions]{newTable(in, restrictions)}
	in.Authentication = Of[Authentication]{newTable(in, authentication)}
	in.OrganizationSettings = Of[OrganizationSettings]{newTable(in, organizationSettings)}
	in.Webhooks = Of[Webhook]{newTable(in, webhooks)}
	in.seedRoles()
	in.seedSettings()
	in.Domains.Put(&Domain{Name: frontendAPI})
	return in
}

// Now is the current time by the instance's clock.
func (in *Instance) Now() Time { return At(in.clock()) }

// NewID returns the next id of a kind, for example user_test0000000000000000001.
// Ids are counted, not random, so that tests repeat.
func (in *Instance) NewID(prefix string) string {
	in.counters[prefix]++
	return fmt.Sprintf("%s_test%019d", prefix, in.counters[prefix])
}

// emit says that a resource of a kind has changed.
func (in *Instance) emit(k *Kind, change Changes, data wire.Doc) {
	if k.silent&change != 0 {
		return
	}
	name := map[Changes]string{Created: "created", Updated: "updated", Deleted: "deleted"}[change]
	in.Emit(k.event+"."+name, data)
}

// Quietly does something of which nobody hears: who calls tells what came of it.
func (in *Instance) Quietly(do func() error) error {
	notify := in.Notify
	in.Notify = nil
	defer func() { in.Notify = notify }()
	return do()
}

// Together does something that happens as a whole or not at all: events and messages
// are sent when it has happened.
func (in *Instance) Together(do func() error) error {
	notify, outbox, events := in.Notify, slices.Clone(in.outbox), []Event(nil)
	in.Notify = func(e Event) { events = append(events, e) }
	err := do()
	in.Notify = notify
	if err != nil {
		in.outbox = outbox
		return err
	}
	for _, e := range events {
		if notify != nil {
			notify(e)
		}
	}
	return nil
}

// Held does something whose events wait until tell is called: what it brings about is
// told after what it is about.
func (in *Instance) Held(do func()) (tell func()) {
	notify := in.Notify
	if notify == nil {
		do()
		return func() {}
	}
	var events []Event
	in.Notify = func(e Event) { events = append(events, e) }
	defer func() { in.Notify = notify }()
	do()
	return func() {
		for _, e := range events {
			notify(e)
		}
	}
}

// Emit says that something happened that is not one of the changes of a resource.
func (in *Instance) Emit(event string, data wire.Doc) {
	if in.Notify != nil {
		if strings.HasPrefix(event, "session.") {
			data["user"] = nil
			if u := in.Users.Get(data["user_id"].(string)); u != nil { //nolint:errcheck,forcetypeassert // As Show made it.
				data["user"] = in.Users.Show(u, Backend)
			}
		}
		if event == "session.created" && data["status"] == Pending {
			defer in.Emit("session.pending", maps.Clone(data))
		}
		in.Notify(Event{Type: event, At: in.clock(), Data: data})
	}
}
